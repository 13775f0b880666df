"""A process as torchrun starts it: takes the steps of small runs and writes what it then has.

torchrun ... tests/distributed_worker.py OUT CASE...; a case is MICROBATCH,R1,MODEL
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from conftest import small_trainer
from safetensors.torch import save_file
from torch import Tensor

from cipslib.training.checkpoints import NETWORKS
from cipslib.training.config import DEFAULT_HARDWARE
from cipslib.training.distributed import DistributedContext, init_distributed

STEPS = 20


def after_steps(distributed: DistributedContext, case: str) -> dict[str, Tensor]:
    """Return losses and gradients of the first step, and weights after the last."""
    microbatch, r1, model = case.split(",")
    hardware = replace(DEFAULT_HARDWARE, microbatch=int(microbatch) if microbatch != "-" else None)
    # As released: with less, Adam's quotient of tiny gradients would be mostly rounding.
    config = {"r1_separate_step": r1 == "separate", "r1_gamma": 10.0 if r1 == "separate" else 1.0}
    trainer = small_trainer(hardware, distributed, model, **config)
    losses = trainer.step()
    assert "r1" in losses
    means = distributed.mean({name: value.item() for name, value in losses.items()})
    found = {f"loss/{name}": torch.tensor([value]) for name, value in means.items()}
    for network in ("generator", "discriminator"):
        for name, parameter in getattr(trainer.state, network).named_parameters():
            if parameter.grad is not None:
                found[f"gradient/{network}/{name}"] = parameter.grad.clone()
    for _ in range(STEPS - 1):
        trainer.step()
    for network in NETWORKS:
        for name, parameter in getattr(trainer.state, network).named_parameters():
            found[f"weights/{network}/{name}"] = parameter.detach().clone()
    return found


if __name__ == "__main__":
    with init_distributed(torch.device("cpu")) as distributed:
        for case in sys.argv[2:]:
            file = Path(sys.argv[1]) / f"{case}-{distributed.rank}.safetensors"
            save_file(after_steps(distributed, case), file)
