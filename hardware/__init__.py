"""Backends that run a `CountNetwork`: simulators, and Lava for Loihi-style chips."""
