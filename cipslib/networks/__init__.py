"""The paper's networks, and what they are made of."""
