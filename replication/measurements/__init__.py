"""One file for each command that measures."""
