"""Models in torch, one file for each."""
