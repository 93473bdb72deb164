"""The command line: a file a command, each a plain function that does the work and a thin command that prints."""
