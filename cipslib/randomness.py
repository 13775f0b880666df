"""Random numbers as a function of (seed, stream, images seen), so that a run can be resumed."""

from enum import IntEnum

import numpy as np
import torch


class Stream(IntEnum):
    """Independent uses of randomness; the numbers are part of every run's identity."""

    INITIAL_GENERATOR = 0
    DATA_ORDER = 1
    FLIPS = 2
    LATENTS_FOR_DISCRIMINATOR = 3
    LATENTS_FOR_GENERATOR = 4
    NOISE_FOR_DISCRIMINATOR = 5
    NOISE_FOR_GENERATOR = 6
    INITIAL_DISCRIMINATOR = 7
    NOISE_OF_PICTURES = 13


def derive_seed(seed: int, stream: Stream, images_seen: int) -> int:
    """A 64-bit seed that is well mixed: neighbouring inputs give unrelated streams."""
    return int(np.random.SeedSequence([seed, stream, images_seen]).generate_state(1, np.uint64)[0])


def torch_stream(
    seed: int, stream: Stream, images_seen: int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """On the CPU unless ``device`` says otherwise: a GPU's generators draw other numbers."""
    return torch.Generator(device).manual_seed(derive_seed(seed, stream, images_seen))
