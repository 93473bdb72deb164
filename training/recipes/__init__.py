"""What can be trained, by name."""
