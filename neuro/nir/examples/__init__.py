"""Small NIR files that other tools wrote; `README.md` beside them says which, and `LICENSE-NIR` under what licence."""
