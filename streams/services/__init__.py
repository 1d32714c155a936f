"""The use cases: the one layer that every surface calls."""
