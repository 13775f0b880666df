"""The adversarial training: losses, steps, state, checkpoints."""
