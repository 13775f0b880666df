"""Gradients of two steps; as a script, of compiled networks, without the tests' type checks.

python tests/step_gradients.py OUT
"""

import sys
from dataclasses import replace
from functools import partial

import torch
from conftest import small_trainer
from safetensors.torch import save_file

from cipslib.training.config import DEFAULT_HARDWARE
from cipslib.training.trainer import Trainer


def gradients(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Of two steps' losses, of which the first has the penalty."""
    found = {}
    for number in range(2):
        trainer.step()
        for part in ("generator", "discriminator"):
            parameters = getattr(trainer.state, part).parameters()
            parts = [p.grad.flatten() for p in parameters if p.grad is not None]
            found[f"{part}{number}"] = torch.cat(parts)
    return found


if __name__ == "__main__":
    # Traced and differentiated as always; the kernels, a minute of C++, are torch's own.
    torch.compile = partial(torch.compile, backend="aot_eager")
    save_file(gradients(small_trainer(replace(DEFAULT_HARDWARE, compile=True))), sys.argv[1])
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] >= 2  # G and D
