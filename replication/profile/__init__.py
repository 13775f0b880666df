"""params.yaml -> a profile: which runs there are, and where their results lie."""
