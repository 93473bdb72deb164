"""NIR files in HDF5: read defensively, and written completely or not at all."""
