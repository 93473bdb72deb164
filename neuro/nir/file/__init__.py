"""NIR files: HDF5, read with distrust and written whole or not at all."""
