"""What `quantal bench` prints: a table a file."""
