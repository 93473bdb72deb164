"""Networks in Brian2: `exact` equals the integer network at every step."""
