"""What is behind single figures of the paper."""
