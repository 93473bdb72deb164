"""Models in torch, one file each."""
