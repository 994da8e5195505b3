"""Subscriptions as clients follow them, over real sockets and real event streams."""
