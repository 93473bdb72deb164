"""A `Graph` as a NIR graph."""
