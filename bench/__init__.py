"""What this project promises, measured: targets, rival packages, and experiments."""
