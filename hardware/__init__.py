"""Hardware targets: what a `CountNetwork` becomes on Loihi-style chips and on their simulators."""
