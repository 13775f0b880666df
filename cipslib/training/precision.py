"""The precision of training: float32, TensorFloat-32 or bfloat16 products."""

from contextlib import AbstractContextManager, nullcontext

import torch

PRECISIONS = ("fp32", "tf32", "bf16")


def set_precision(precision: str) -> None:
    """Allow TensorFloat-32 in this process, or forbid it (torch allows it to convolutions)."""
    allowed = precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def autocast_context(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context that the networks run in.

    float16 is not offered: a CPU is up to 350 times slower in it.
    """
    if precision == "bf16":
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()
