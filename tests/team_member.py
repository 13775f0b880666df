"""A process of a team, as torchrun starts it: takes 20 steps of a small run and writes what it has.

torchrun ... tests/team_member.py OUT MICRO_BATCH R1_APART MODEL
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from conftest import small_trainer
from safetensors.torch import save_file
from torch import Tensor

from cipslib.training.config import PLAIN
from cipslib.training.distributed import Team, joined_team

STEPS = 20


def after_steps(team: Team, micro_batch: str, r1_apart: str, model: str) -> dict[str, Tensor]:
    """Losses and gradients of the first step, weights after the last."""
    hardware = replace(PLAIN, micro_batch=int(micro_batch) if micro_batch != "-" else None)
    apart = r1_apart == "apart"
    # As released: with less, Adam's quotient of tiny gradients would be mostly rounding.
    trainer = small_trainer(hardware, team, model, r1_apart=apart, r1_gamma=10.0 if apart else 1.0)
    losses = trainer.step()
    assert "r1" in losses
    means = team.mean({name: value.item() for name, value in losses.items()})
    found = {f"loss/{name}": torch.tensor([value]) for name, value in means.items()}
    for part in ("generator", "discriminator"):
        for name, parameter in getattr(trainer.state, part).named_parameters():
            if parameter.grad is not None:
                found[f"gradient/{part}/{name}"] = parameter.grad.clone()
    for _ in range(STEPS - 1):
        trainer.step()
    for part in ("generator", "discriminator", "average"):
        for name, parameter in getattr(trainer.state, part).named_parameters():
            found[f"weights/{part}/{name}"] = parameter.detach().clone()
    return found


if __name__ == "__main__":
    with joined_team(torch.device("cpu")) as team:
        file = Path(sys.argv[1]) / f"{team.rank}.safetensors"
        save_file(after_steps(team, *sys.argv[2:]), file)
