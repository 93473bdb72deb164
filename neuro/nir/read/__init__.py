"""A NIR graph as a `Graph`."""
