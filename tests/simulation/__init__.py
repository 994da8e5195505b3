"""The whole gateway in a world that a seed decides: its time, its network, its deaths."""
