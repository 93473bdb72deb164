"""Measurements of what this project promises: targets, comparisons with other packages, and experiments."""
