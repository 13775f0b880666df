"""What networks cost, against sums by hand."""

from itertools import pairwise
from typing import Any

import pytest
from conftest import REPOSITORY, small_generator

from cipslib.analysis.count import NAMES, TABLE_4, describe, preset
from cipslib.networks.generator import GeneratorConfig
from cipslib.presets import VARIANTS
from cipslib.utils.yaml_file import read_yaml

TAB_4 = read_yaml(REPOSITORY / "results" / "paper.yaml")["table-4"]["rows"]


def small(**changes: Any) -> GeneratorConfig:
    return small_generator(**changes).config


Rows = dict[str, dict[str, Any]]


def describe_all(fidelity: str) -> Rows:
    return {name: describe(preset(name, fidelity, 256)) for name in NAMES}


@pytest.fixture(scope="module")
def paper() -> Rows:
    return describe_all("paper")


@pytest.fixture(scope="module")
def release() -> Rows:
    return describe_all("release")


def test_the_parameters_of_the_paper(paper: Rows):
    """Tab. 4, to the last digit that it prints."""
    assert set(TABLE_4.values()) == set(TAB_4)
    for name, theirs in TABLE_4.items():
        assert paper[name]["parameters"] / 1e6 == pytest.approx(TAB_4[theirs], abs=0.05)


def test_the_parameters_of_the_released_code(release: Rows):
    for name, millions in {"main": 44.317, "stylegan2": 30.034, "discriminator": 28.864}.items():
        assert release[name]["parameters"] / 1e6 == pytest.approx(millions, abs=5e-4)


def test_the_parameters_of_a_small_generator():
    """block_widths 8 and 4; 36 positions; fourier 4 and embedding 3 wide; style 5."""
    described = describe(small(block_widths=(8, 4), fourier_bias=True))
    layers = [(7, 8), (8, 8), (8, 8), (8, 4), (4, 4)]
    mapping = 2 * (5 * 5 + 5)
    encodings = 4 * 2 + 4 + 36 * 3
    of_layers = sum(i * o + o + 5 * i + i for i, o in layers)
    to_rgb = sum(i * 3 + 3 + 5 * i + i for i in (8, 4))
    assert described["parameters"] == mapping + encodings + of_layers + to_rgb
    assert described["layers"] == len(layers)


def cips_layers(config: GeneratorConfig) -> tuple[list[tuple[int, int]], list[int]]:
    """(inputs, outputs) of each modulated layer, inputs of each projection to RGB."""
    variant = config.variant
    encoding = config.embedding_dim  # without embeddings as wide, all Fourier features
    encoding += config.fourier_dim if variant.fourier else 0
    widths = [encoding, *config.block_widths[:1]] if variant.separate_first_layer else [encoding]
    for width in config.block_widths:
        widths += 2 * [width]
    rgb = list(config.block_widths) if variant.skips else [config.block_widths[-1]]
    return list(pairwise(widths)), rgb


def cips_multiply_adds(config: GeneratorConfig) -> int:
    layers, rgb = cips_layers(config)
    pixels = config.resolution * (config.circumference or config.resolution)
    count = config.mapping_layers * config.style_dim**2
    count += sum(i * o for i, o in layers)  # the lengths of the modulated weights' rows
    layers = layers + [(inputs, 3) for inputs in rgb]
    count += sum(config.style_dim * i + pixels * i * o for i, o in layers)
    if config.variant.residual:
        count += pixels * sum(a * b for a, b in pairwise(config.block_widths) if a != b)
    return count


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_multiply_adds_of_cips(variant: str, paper: Rows, release: Rows):
    config = small(variant=variant, block_widths=(8, 4), noise=True)
    assert describe(config)["multiply_adds"] == cips_multiply_adds(config)
    for fidelity, rows in (("paper", paper), ("release", release)):
        expected = cips_multiply_adds(preset(variant, fidelity, 256))
        assert rows[variant]["multiply_adds"] == expected


def test_an_image_on_a_cylinder_goes_all_the_way_round():
    config = small(circumference=9)
    assert describe(config)["multiply_adds"] == cips_multiply_adds(config)


def test_the_multiply_adds_of_convolutions(paper: Rows):
    for name, billions in {"stylegan2": 45.4, "discriminator": 46.8}.items():
        assert paper[name]["multiply_adds"] / 1e9 == pytest.approx(billions, abs=0.05)
