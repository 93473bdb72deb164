"""Brian2: `exact` is the integer network, equal at every step."""
