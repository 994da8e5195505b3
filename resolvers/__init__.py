"""What can be done: operations, loaders and the conversation with Klarna."""
