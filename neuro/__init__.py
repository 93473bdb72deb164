"""What a network is and does: the integer network, its meaning, and every simulator of it."""
