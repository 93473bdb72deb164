"""`python -m quantal`."""

from quantal import main

main()
