"""Simulate networks: the reference, the float network before rounding, and the drive from samples."""
