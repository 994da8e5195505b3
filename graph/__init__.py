"""What callers see: the GraphQL schema and the HTTP faces."""
