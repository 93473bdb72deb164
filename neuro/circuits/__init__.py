"""Circuits of the theories: each file builds a `Graph`."""
