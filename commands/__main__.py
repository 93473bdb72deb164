"""`python -m quantal`."""

from quantal.commands import main

main()
