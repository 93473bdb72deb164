"""Training of models in floating point, and fine-tuning in the integers that they are deployed in."""
