"""Synthetic satellite images: towns and landscapes from straight above."""
