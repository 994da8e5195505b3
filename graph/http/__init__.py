"""GraphQL and its neighbours over HTTP: from bytes to a request, and from an answer to bytes."""
