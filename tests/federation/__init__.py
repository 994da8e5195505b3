"""The gateway as a subgraph: composed, and asked through a router, by Apollo's own packages."""
