"""Pictures of a result, and one page that holds them all."""
