"""NIR files: HDF5, read with every doubt and written whole or not at all."""
