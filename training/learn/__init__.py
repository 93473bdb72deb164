"""How a model learns, and how it is tuned in the integers that it is deployed in."""
