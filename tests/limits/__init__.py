"""Limits: bombs, costs, deadlines and rates."""
