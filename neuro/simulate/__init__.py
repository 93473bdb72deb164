"""What a network means (`reference`), the float network before rounding (`floats`), samples in and records out."""
