"""GraphQL over HTTP: what is read, what is answered, and what no bytes whatever can do."""
