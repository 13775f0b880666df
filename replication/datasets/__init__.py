"""Source images -> one array and its card."""
