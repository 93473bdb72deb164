"""The tables that `quantal bench` prints, one file for each."""
