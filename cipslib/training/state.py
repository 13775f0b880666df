"""All that a run is at one moment: networks, optimisers, the moving average, how far it is."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.networks.models import AnyGenerator, AnyGeneratorConfig, initial_generator, seeded
from cipslib.networks.randomness import Stream
from cipslib.training.config import AdamConfig


@dataclass
class TrainingState:
    """``average`` is the moving average of the generator: what is evaluated."""

    generator: AnyGenerator
    discriminator: Discriminator
    average: AnyGenerator
    generator_optimizer: torch.optim.Adam
    discriminator_optimizer: torch.optim.Adam
    images_seen: int = 0
    seconds: float = 0.0  # of training, all sittings together
    environment: dict[str, Any] = field(default_factory=dict)  # of the last sitting
    watch: dict[str, Any] = field(default_factory=dict)  # what the stopping rules remember
    losses: dict[str, float] = field(default_factory=dict)  # the latest, R1 not of every step


def initial_state(
    generator: AnyGeneratorConfig,
    discriminator: DiscriminatorConfig,
    seed: int,
    adams: tuple[AdamConfig, AdamConfig],
    device: torch.device,
    fused: bool = False,
) -> TrainingState:
    """Fresh networks and optimisers; ``adams`` are the generator's and the discriminator's."""
    g = initial_generator(generator, seed, device)
    with seeded(seed, Stream.INITIAL_DISCRIMINATOR):
        d = Discriminator(discriminator).to(device)
    average = deepcopy(g).requires_grad_(False).eval()
    return TrainingState(g, d, average, adam(g, adams[0], fused), adam(d, adams[1], fused))


def adam(network: nn.Module, config: AdamConfig, fused: bool) -> torch.optim.Adam:
    """Adam with the paper's epsilon (Sec. 4.1); ``fused`` takes one kernel a step."""
    return torch.optim.Adam(
        network.parameters(), config.learning_rate, betas=config.betas, eps=1e-8, fused=fused
    )


@torch.no_grad()
def update_average(average: AnyGenerator, generator: AnyGenerator, decay: float) -> None:
    """Keep the share ``decay`` of the average; the rest is the generator's present weights."""
    torch._foreach_lerp_(
        list(average.parameters()), list(generator.parameters()), weight=1.0 - decay
    )
