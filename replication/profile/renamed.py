"""Parameters that had another name: the old one is refused, and the message says the new one."""

RENAMED: dict[str, str] = {
    "evaluation.lookup": "evaluation.interpolation",
    "training.patches.lookup": "training.patches.interpolation",
}
