"""What is learned from: photographs, digits, heartbeats, a user's own arrays."""
