"""The claims of the paper: statements with their rules, and verdicts by what was measured."""
