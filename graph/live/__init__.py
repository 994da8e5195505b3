"""Connections that stay open: sockets and event streams, by which the news is told."""
