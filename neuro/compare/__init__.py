"""Compare traces and networks, and measure the quality of a code."""
