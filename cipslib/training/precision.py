"""The arithmetic of training: float32, TensorFloat-32 or bfloat16 products."""

from contextlib import AbstractContextManager, nullcontext

import torch

PRECISIONS = ("fp32", "tf32", "bf16")


def set_precision(precision: str) -> None:
    """For the whole process. torch would let convolutions, but not products, use TensorFloat-32."""
    allowed = precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def arithmetic(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """What the networks run in. float16 is not offered: a CPU is up to 350 times slower in it."""
    if precision == "bf16":
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()
