"""Benchmarks: how fast the gateway answers, beside yardsticks of its own."""
