"""What other packages answer to the same questions."""
