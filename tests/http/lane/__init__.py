"""The fast lane: what is usual is answered there, as it would be elsewhere."""
