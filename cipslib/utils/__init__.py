"""What every other room uses; computes no number."""
