"""All that a run is at one moment: networks, optimisers, the moving average, how far it is."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.networks.models import AnyGenerator, AnyGeneratorConfig, initial_generator, seeded
from cipslib.networks.randomness import Stream
from cipslib.training.config import DEFAULT_HARDWARE, AdamConfig, HardwareConfig, TrainingConfig


@dataclass
class TrainingState:
    """What a checkpoint holds. ``generator_ema``, the moving average, is what is evaluated."""

    generator: AnyGenerator
    discriminator: Discriminator
    generator_ema: AnyGenerator
    generator_optimizer: torch.optim.Adam
    discriminator_optimizer: torch.optim.Adam
    images_seen: int = 0
    seconds: float = 0.0  # of training, all sessions together
    environment: dict[str, Any] = field(default_factory=dict)  # of the last session
    monitor: dict[str, Any] = field(default_factory=dict)  # what DivergenceMonitor has counted
    losses: dict[str, float] = field(default_factory=dict)  # the latest, R1 not of every step


def initial_state(
    generator: AnyGeneratorConfig,
    discriminator: DiscriminatorConfig,
    config: TrainingConfig,
    device: torch.device,
    hardware: HardwareConfig = DEFAULT_HARDWARE,
) -> TrainingState:
    """Return the state of a run before its first image."""
    g = initial_generator(generator, config.seed, device)
    with seeded(config.seed, Stream.INITIAL_DISCRIMINATOR):
        # Before a checkpoint is loaded: fused Adam takes for granted that the moments lie in memory
        # as the weights do, and a later change would move the weights alone.
        d = Discriminator(discriminator).to(device).to(memory_format=hardware.memory_format)
    return TrainingState(
        generator=g,
        discriminator=d,
        generator_ema=deepcopy(g).requires_grad_(False).eval(),
        generator_optimizer=adam(g, config.generator_adam, hardware.fused_adam),
        discriminator_optimizer=adam(d, config.discriminator_adam, hardware.fused_adam),
    )


def adam(network: nn.Module, config: AdamConfig, fused: bool) -> torch.optim.Adam:
    """Return Adam with the paper's epsilon (Sec. 4.1); ``fused`` takes one kernel a step."""
    return torch.optim.Adam(
        network.parameters(), config.learning_rate, betas=config.betas, eps=1e-8, fused=fused
    )


@torch.no_grad()
def update_ema(generator_ema: AnyGenerator, generator: AnyGenerator, decay: float) -> None:
    """Set each weight of the moving average to decay * average + (1 - decay) * generator."""
    torch._foreach_lerp_(
        list(generator_ema.parameters()), list(generator.parameters()), weight=1.0 - decay
    )


def ema_decay(config: TrainingConfig, images_seen: int) -> float:
    """Return the share of the moving average that one step keeps: 0.5^(batch / half-life)."""
    halflife = min(config.ema_halflife_images, config.ema_rampup_ratio * images_seen)
    return 0.5 ** (config.batch_size / halflife)
