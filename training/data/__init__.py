"""Training data: photographs, digits, heartbeats, a user's own arrays."""
