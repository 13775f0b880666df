"""Commands to use a trained generator."""
