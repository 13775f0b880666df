"""Data sets: cards, stand-ins, preparation, loading."""
