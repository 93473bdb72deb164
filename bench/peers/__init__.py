"""How other packages answer the same questions."""
