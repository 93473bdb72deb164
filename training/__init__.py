"""Models in torch, their training, and the data that they are trained on."""
