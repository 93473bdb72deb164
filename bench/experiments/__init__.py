"""Long measurements, each beside its record in `results`."""
