"""How notebooks draw their figures."""
