"""Pictures and descriptions of results, and the page that holds them."""
