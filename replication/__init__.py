"""The replication of the paper: its parameters, commands, claims, figures and report."""
