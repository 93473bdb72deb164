"""The nouns of every stage (`Graph`, `CountNetwork`, `Trace`), which of them are legal, and their files."""
