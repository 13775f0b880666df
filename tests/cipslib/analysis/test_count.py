"""What networks cost, against sums by hand."""

import json
from itertools import pairwise
from typing import Any

import pytest
from conftest import REPOSITORY, small_generator

from cipslib.analysis.count import NAMES, describe, describe_all, preset, table
from cipslib.networks.convolutions import channels_at, resolutions_below
from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.generator import GeneratorConfig
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.presets import VARIANTS
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml

TAB_4 = read_yaml(REPOSITORY / "results" / "paper.yaml")["table-4"]["rows"]
STYLEGAN2 = StyleGAN2Config(
    resolution=16, channel_base=64, channel_max=8, style_dim=5, mapping_layers=2
)
JUDGE = DiscriminatorConfig(
    resolution=16, channel_base=64, channel_max=8, stddev_group=3, coordinates=True
)


def small(**changes: Any) -> GeneratorConfig:
    return small_generator(**changes).config


Rows = dict[str, dict[str, Any]]


def by_name(rows: list[dict[str, Any]]) -> Rows:
    return {row["variant"] or row["model"]: row for row in rows}


@pytest.fixture(scope="module")
def paper() -> Rows:
    return by_name(describe_all("paper", 256, TAB_4))


@pytest.fixture(scope="module")
def release() -> Rows:
    return by_name(describe_all("release", 256, TAB_4))


def test_the_parameters_of_the_paper(paper: Rows):
    """Tab. 4, to the last digit that it prints."""
    names = {
        "main": "CIPS-Default",
        "base": "CIPS-base",
        "ne": "CIPS-NE",
        "stylegan2": "StyleGANv2",
    }
    assert set(names.values()) == set(TAB_4)
    for name, theirs in names.items():
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


def levels(config: StyleGAN2Config | DiscriminatorConfig) -> list[tuple[int, int]]:
    """(resolution, channels) from the image down to 4 px."""
    resolutions = resolutions_below(config.resolution)
    return [(r, channels_at(r, config.channel_base, config.channel_max)) for r in resolutions]


def stylegan2_multiply_adds(config: StyleGAN2Config) -> int:
    style, up = config.style_dim, levels(config)[::-1]

    def styled(inputs: int, outputs: int, pixels: int) -> int:
        """A 3x3 convolution over ``pixels`` places, the style's scales and the demodulation."""
        return pixels * 9 * inputs * outputs + style * inputs + inputs * outputs

    count = config.mapping_layers * style**2 + styled(up[0][1], up[0][1], 4**2)
    for (low, inputs), (high, outputs) in pairwise(up):
        count += styled(inputs, outputs, low**2) + 16 * high**2 * outputs  # up, then the filter
        count += styled(outputs, outputs, high**2)
        count += 16 * low**2 * 3  # the image so far, upsampled
    return count + sum(r**2 * c * 3 + style * c for r, c in up)


def discriminator_multiply_adds(config: DiscriminatorConfig) -> int:
    down = levels(config)
    count = config.resolution**2 * (5 if config.coordinates else 3) * down[0][1]
    for (high, inputs), (low, outputs) in pairwise(down):
        count += high**2 * 9 * inputs**2 + low**2 * (9 + 1) * inputs * outputs
        count += 16 * inputs * ((high + 1) ** 2 + low**2)  # the filters
    last = down[-1][1]
    return count + 4**2 * 9 * (last + 1) * last + 4**2 * last * last + last


def test_the_multiply_adds_of_convolutions(paper: Rows):
    assert describe(STYLEGAN2)["multiply_adds"] == stylegan2_multiply_adds(STYLEGAN2)
    assert describe(JUDGE)["multiply_adds"] == discriminator_multiply_adds(JUDGE)
    expected = stylegan2_multiply_adds(preset("stylegan2", "paper", 256))
    assert paper["stylegan2"]["multiply_adds"] == expected
    expected = discriminator_multiply_adds(preset("discriminator", "paper", 256))
    assert paper["discriminator"]["multiply_adds"] == expected


def test_it_needs_no_memory_for_numbers():
    """At 2^16 px the embeddings alone would take 8 TB."""
    assert describe(preset("main", "paper", 2**16))["parameters"] > 2**32 * 512


def test_descriptions_are_json(paper: Rows):
    assert json.loads(json.dumps(paper)) == paper
    assert tuple(paper) == NAMES


def test_the_papers_numbers_stand_beside_at_its_resolution_only(paper: Rows, release: Rows):
    for rows in (paper, release):
        stated = {name: row["paper_table_4_millions"] for name, row in rows.items()}
        assert {name for name, number in stated.items() if number is not None} == {
            *("base", "ne", "main", "stylegan2")
        }
        assert stated["main"] == TAB_4["CIPS-Default"]
    elsewhere = describe_all("release", 8, TAB_4)
    assert all(row["paper_table_4_millions"] is None for row in elsewhere)


def test_the_table_has_units_and_rounds():
    rows = [
        {
            "model": "cips",
            "variant": "main",
            "resolution": 256,
            "layers": 15,
            "parameters": 1_234_567,
            "multiply_adds": 275_590_600_000,
        },
        {
            "model": "discriminator",
            "variant": None,
            "resolution": 8,
            "layers": 3,
            "parameters": 2_000,
            "multiply_adds": 1_000_000,
        },
    ]
    assert [line.split() for line in table(rows).splitlines() if "--" not in line] == [
        "model px layers parameters (M) multiply-adds (G)".split(),
        "main 256 15 1.235 275.591".split(),
        "discriminator 8 3 0.002 0.001".split(),
    ]
    beside = [{**rows[0], "paper_table_4_millions": 45.9}, {**rows[1]}]
    first, _, main, discriminator = table(beside).splitlines()
    assert "parameters (M)    paper, Tab. 4 (M)    multiply-adds (G)" in first
    assert main.split()[4:5] == ["45.9"]
    assert discriminator.split()[4:5] == ["–"]


@pytest.mark.parametrize(
    ("name", "fidelity", "resolution", "message"),
    [
        ("mian", "paper", 256, "variant is 'mian', must be one of base, .*discriminator"),
        ("main", "papers", 256, "fidelity is 'papers', must be one of paper, release"),
        ("main", "release", 100, "resolution is 100"),
        ("discriminator", "paper", 100, "resolution is 100"),
    ],
)
def test_what_does_not_exist_is_refused(name: str, fidelity: str, resolution: int, message: str):
    with pytest.raises((UserError, ValueError), match=message):
        preset(name, fidelity, resolution)
