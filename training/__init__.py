"""Models and their training in torch, and the data they learn from."""
