"""Training data: photographs, digits, heartbeats, and a user's own arrays."""
