"""Networks that look at images, and moments of what they say."""
