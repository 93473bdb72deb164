"""Tables of what this project promises, measured."""
