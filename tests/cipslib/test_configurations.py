"""Configurations, options and places that cannot be: each is refused by name."""

import math
from dataclasses import replace
from typing import Any

import pytest
from conftest import SMALL_DISCRIMINATOR, SMALL_GENERATOR, refused, small_stylegan2

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.patches import PatchConfig
from cipslib.metrics.intervals import Estimate
from cipslib.networks.coordinates import Window
from cipslib.sampling.foveation import Gaze
from cipslib.sampling.synthesis import RenderOptions

STYLEGAN2, BATCHES = small_stylegan2(16).config, BatchOptions(16)
PATCHES = PatchConfig(4, (1,), "uniform", "nearest")
WINDOW, ROUND = Window(4, 4), Window(4, 4, 0.5, -1.0, 3.0, 1.0, cylinder=True)  # x goes round
WIDE = PatchConfig(9, (2,), "uniform", "nearest")


@pytest.mark.parametrize(
    ("possible", "change", "message"),
    [
        (SMALL_GENERATOR, {"style_dim": 0}, "style_dim is 0, must be at least 1"),
        (SMALL_GENERATOR, {"block_widths": ()}, r"block_widths is \[\], must have one entry or"),
        (SMALL_GENERATOR, {"block_widths": (8, 0)}, r"block_widths is \[8, 0\]"),
        (SMALL_GENERATOR, {"circumference": 5}, "circumference is 5, must be 0"),
        (SMALL_GENERATOR, {"resolution": 1}, "resolution is 1, must be at least 2"),
        (SMALL_DISCRIMINATOR, {"resolution": 4}, "resolution is 4"),  # cannot be halved
        (SMALL_DISCRIMINATOR, {"resolution": 24}, "resolution is 24"),
        (SMALL_DISCRIMINATOR, {"resolution": 100}, "resolution is 100"),
        (STYLEGAN2, {"resolution": 24}, "resolution is 24"),
        (STYLEGAN2, {"channel_base": 8}, "channel_base is 8"),
        (STYLEGAN2, {"style_dim": 0}, "style_dim and mapping_layers must be at least 1"),
        (BATCHES, {"resolution": 1}, "resolution is 1, must be at least 2"),
        (BATCHES, {"rotation": "any"}, "rotation is 'any', must be one of none, quarter, free"),
        (BATCHES, {"circumference": 15}, r"is 15, must be 0 .* resolution \(16\)"),
        (BATCHES, {"patches": WIDE}, "dilations has 2: .* span 17"),
        (PATCHES, {"size": 1}, "size is 1, must be at least 2"),
        (PATCHES, {"dilations": ()}, "dilations is .* one entry or more"),
        (PATCHES, {"dilations": (0, 1)}, "dilations is .* each at least 1"),
        (PATCHES, {"dilations": (2, 2)}, "dilations is .* all different"),
        (PATCHES, {"offsets": "centre"}, "offsets is 'centre', must be one of uniform, release"),
        (PATCHES, {"interpolation": "bicubic"}, "is 'bicubic', must be one of nearest, shifted"),
        (Estimate(0, 0, 0), {"value": math.nan}, "not a finite"),
    ],
)
def test_what_a_program_cannot_use_is_no_value(possible: object, change: dict, message: str):
    refused(message, replace, possible, **change, error=ValueError)


@pytest.mark.parametrize(
    ("possible", "change", "message"),
    [
        (Gaze(0.5), {"share": 0.0}, r"the share is 0 %, must be in \(0 %, 100 %\]"),
        (Gaze(0.5), {"share": 1.01}, "the share is 101 %"),
        (Gaze(0.5), {"x": 2.0}, r"the gaze is at \(2.0, 0.0\); both must be in \[-1, 1\]"),
        (Gaze(0.5), {"sigma": 0.0}, "sigma is 0.0, must be more than 0"),
        (WINDOW, {"height": 0}, "0 x 4 pixels: each must be at least 1"),
        (WINDOW, {"left": -1.1}, r"leaves the domain: all in \[-1, 1\]"),
        (WINDOW, {"bottom": 1.5}, "leaves the domain"),
        (WINDOW, {"left": 0.5, "right": 0.5}, "left must be less than its right"),
        (WINDOW, {"left": math.nan}, "must be finite"),
        (ROUND, {"bottom": 1.1}, r"y must be in \[-1, 1\]"),
        (RenderOptions(), {"chunk_size": 0}, "chunk_size is 0"),
    ],
)
def test_what_a_user_cannot_ask_for_is_said(possible: Any, change: dict, message: str):
    refused(message, replace, possible, **change)
