"""Fig. 2 and 13: a block diagram of a generator, drawn from its configuration."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Outline

from cipslib.analysis.count import TABLE_4_RESOLUTION
from cipslib.analysis.equivalence import (
    COMPARED,
    DIFFERENTIATED,
    CoordinateJacobian,
    PixelCheck,
    coordinate_jacobian,
    equivalence_checks,
)
from cipslib.metrics.measurement import measurements_from_json
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.layers import LEAKY_SLOPE
from cipslib.networks.models import AnyGeneratorConfig
from cipslib.sampling.latents import sample_w
from cipslib.utils.files import read_json
from replication.figures.page import Page
from replication.figures.style import WIDTH

INK, STYLE = "#333333", "#B3541E"  # arrows of pixels, and of the style vector w
YELLOW, ORANGE, BLUE, GREEN, GREY = "#FBE88A", "#F3C9A5", "#C5DDF2", "#BFE6D2", "#EFEFEF"
# In inches; the row of layers has its middle at y = 0.
JOIN, LEFT, TALL, RADIUS = 1.52, 1.72, 1.26, 0.08
STYLE_ROW, RGB_ROW, SUM_ROW = 1.1, -1.5, -2.35
EQ_2 = r"\hat{B}_{ij} = s_j B_{ij}\,/\,\sqrt{\epsilon + \sum_k (s_k B_{ik})^2}"
Point = tuple[float, float]


def layer_widths(config: GeneratorConfig) -> list[list[tuple[int, int]]]:
    """Return (inputs, outputs) of each modulated layer, by block. The first list has the layer
    before the blocks (App. A), or nothing in variants whose first block begins with that layer.
    """
    variant = config.variant
    keeps_fourier = variant.fourier or not variant.embedding
    first = (config.embedding_dim + keeps_fourier * config.fourier_dim, config.block_widths[0])
    blocks = [[(a, b), (b, b)] for a, b in pairwise((first[1], *config.block_widths))]
    return (
        [[first], *blocks]
        if variant.separate_first_layer
        else [[], [first, blocks[0][1]], *blocks[1:]]
    )


def count_projections(config: AnyGeneratorConfig) -> int | str:
    """Return how many projections to RGB a generator of Tab. 4 has; a dash of StyleGAN2."""
    if not isinstance(config, GeneratorConfig):
        return "–"
    return len(config.block_widths) if config.variant.skips else 1


def plot_generator(config: GeneratorConfig) -> Figure:
    """Draw the way from (x, y) and z to the colour; below it, what a modulated layer does (Eq. 2).

    A grey frame is a block of the generator.
    """
    variant = config.variant
    low = (SUM_ROW if variant.skips else -0.7 * TALL) - 0.55
    figure = plt.figure(
        figsize=(WIDTH, STYLE_ROW + 0.22 - low), layout=PlaceHolderLayoutEngine(True, True)
    )
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(low, STYLE_ROW + 0.22))
    axes.axis("off")
    x, y = _draw_layers(axes, config, _draw_encodings(axes, config))
    _arrow(axes, (x, y), (x + 0.16, y))
    _box(axes, (x + 0.37, y), (0.42, 0.3), "RGB")
    activation = r"\sin" if variant.sine else rf"\mathrm{{lReLU}}_{{{LEAKY_SLOPE}}}"
    noise = " + n" if config.noise else ""  # the released code's
    output = rf"$\varphi \mapsto {activation}(\hat{{B}}\varphi{noise} + b)$"
    _box(axes, (0.41, low + 0.22), (0.6, 0.3), "ModFC", BLUE)
    axes.text(0.82, low + 0.22, f"$s = A(w)$,   ${EQ_2}$,   {output}", va="center", fontsize=8)
    return figure


def _draw_encodings(axes: Axes, config: GeneratorConfig) -> Point:
    """Draw the encodings and, above them, the mapping network; return where the encoding ends."""
    variant, texts = config.variant, []
    if variant.fourier:
        features = config.fourier_dim + (0 if variant.embedding else config.embedding_dim)
        texts.append(f"Fourier\nfeatures\n{3 if config.circumference else 2} → {features}")
    if variant.embedding:
        positions = f"{config.resolution}×{config.circumference or config.resolution}"
        texts.append(f"coordinate\nembedding\n{positions}\n→ {config.embedding_dim}")
    for text, y in zip(texts, (0.47, -0.47) if len(texts) == 2 else (0.0,), strict=True):
        _arrow(axes, (0.33, 0), (0.33, y), (0.66, y))
        _arrow(axes, (1.34, y), (JOIN, y), (JOIN, y / 6))
        _box(axes, (1, y), (0.68, 0.66), text, YELLOW, size=7)
    mapping = f"M: {config.mapping_layers} × FC {config.style_dim} → {config.style_dim}"
    _arrow(axes, (0.33, STYLE_ROW), (0.66, STYLE_ROW))
    _box(axes, (0.33, 0), (0.44, 0.3), "(x, y)")
    _box(axes, (0.33, STYLE_ROW), (0.44, 0.3), "z")
    _box(axes, (1.36, STYLE_ROW), (1.4, 0.28), mapping, ORANGE)
    axes.text(2.1, STYLE_ROW + 0.05, "w", color=STYLE, fontsize=8)
    return _merge(axes, (JOIN, 0), "c") if len(texts) == 2 else (JOIN, 0)


def _draw_layers(axes: Axes, config: GeneratorConfig, out: Point) -> Point:
    """Draw the blocks and their ways to RGB; return where the colour comes out."""
    variant, blocks = config.variant, layer_widths(config)
    units = config.layers + len(blocks) / 5 + 0.8 * variant.residual * len(blocks)
    step = min(0.5, (WIDTH - 0.68 - LEFT) / (units + (not variant.skips)))
    low = RGB_ROW - 0.55 if variant.skips else -TALL / 2 - 0.05 - 0.2 * variant.residual
    x, colour = LEFT, [(0.0, 0.0)]
    for number, block in enumerate(blocks):
        left, entry = x, out
        for inputs, outputs in block:
            out = _layer(axes, out, x, step, f"ModFC {inputs} → {outputs}")
            x += step
        middle, bottom = x - step / 2, RGB_ROW - 0.5
        if number and variant.residual:
            x += 0.8 * step
            end, turn, below = x - step / 2, entry[0] + 0.04, low + 0.13
            _arrow(axes, out, (end - RADIUS, 0))
            _arrow(axes, entry, (turn, 0), (turn, below), (end, below), (end, -RADIUS))
            out = _merge(axes, (end, 0), "+")
            if block[0][0] != outputs:  # a plain layer gives the input the block's width
                _box(axes, ((turn + end) / 2, below), (0.2, 0.14), "FC", size=6)
        if number and variant.skips:
            _arrow(axes, (middle, -TALL / 2), (middle, RGB_ROW + 0.5))
            _arrow(axes, (left + 0.1, RGB_ROW), (middle - 0.34 * step, RGB_ROW), colour=STYLE)
            axes.text(left + 0.02, RGB_ROW - 0.035, "w", color=STYLE, fontsize=8)
            _box(axes, (middle, RGB_ROW), (0.68 * step, 1), f"to RGB {outputs} → 3", GREEN)
            if number > 1:
                _arrow(axes, *colour, (middle - RADIUS, SUM_ROW))
                _arrow(axes, (middle, bottom), (middle, SUM_ROW + RADIUS))
            first = [(middle, bottom), (middle, SUM_ROW)]
            colour = [_merge(axes, (middle, SUM_ROW), "+")] if number > 1 else first
        if number:
            axes.fill_between([left, x], low, TALL / 2 + 0.05, color=GREY, lw=0, zorder=0)
        x += step / 5
    return colour[-1] if variant.skips else _layer(axes, out, x, step, f"to RGB {outputs} → 3")


def _layer(axes: Axes, before: Point, left: float, step: float, text: str) -> Point:
    """Draw a modulated layer, with its style from above; return where it ends."""
    x, half = left + step / 2, 0.34 * step
    _arrow(axes, before, (x - half, 0))
    _arrow(axes, (2, STYLE_ROW), (x, STYLE_ROW), (x, TALL / 2), colour=STYLE)
    _box(axes, (x, 0), (2 * half, TALL), text, GREEN if "RGB" in text else BLUE)
    return x + half, 0


def _merge(axes: Axes, at: Point, text: str) -> Point:
    """Draw a circle in which two ways meet; return where the one comes out."""
    circle = {"boxstyle": "circle,pad=0.1", "fc": "white", "ec": INK, "lw": 0.8}
    axes.text(*at, text, ha="center", va="center", fontsize=8, bbox=circle, zorder=3)
    return at[0] + RADIUS, at[1]


def _box(
    axes: Axes, at: Point, sides: Point, text: str, fill: str = "white", size: float = 7.5
) -> None:
    """Draw a box around ``at``; what is taller than wide has its text upright."""
    corner = (at[0] - sides[0] / 2, at[1] - sides[1] / 2)
    form = "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch(corner, *sides, form, fc=fill, ec=INK, lw=0.8, zorder=3))
    words = axes.text(*at, text, rotation=90 * (sides[1] > sides[0]), fontsize=size, zorder=4)
    words.set(ha="center", va="center", linespacing=1.05)


def _arrow(axes: Axes, *points: Point, colour: str = INK) -> None:
    line = FancyArrowPatch(path=Outline(points), arrowstyle="-|>", mutation_scale=6, lw=0.9)
    line.set(color=colour, zorder=2)
    axes.add_patch(line)


def measure_independence(
    page: Page,
) -> dict[tuple[str, int], tuple[list[PixelCheck], CoordinateJacobian]]:
    """Return the checks of independence (Sec. 3) by generator and bits: `cips checks`' of the
    default one at the paper's size, and those of the first that was trained here.
    """
    title = f"default, {TABLE_4_RESOLUTION} px, untrained"
    measured = {(title, 32): read_independence(page.paths.checks)}
    configs = {run: config.generator for run, config in page.study.runs.items()}
    for run in [run for run, each in configs.items() if isinstance(each, GeneratorConfig)][:1]:
        generator = page.generator(run)
        assert isinstance(generator, Generator)  # as the configuration says
        for bits, precise in ((32, generator.float), (64, generator.double)):
            precise()
            w = sample_w(generator, 2, seed=0)
            found = equivalence_checks(generator, w, COMPARED)
            measured[run, bits] = found, coordinate_jacobian(generator, w, DIFFERENTIATED)
    return measured


def read_independence(path: Path) -> tuple[list[PixelCheck], CoordinateJacobian]:
    """Return the independence of pixels from checks.json. Raises UserError if it is torn."""
    content = read_json(path)
    measures = measurements_from_json(content)
    found = {**measures["independence"], **measures["gradient"]}
    largest = {kind: number.estimate.value for kind, number in found.items() if number is not None}
    pixels = content["pixels"].items()
    compared = [PixelCheck(kind.replace("_", " "), count, largest[kind]) for kind, count in pixels]
    return compared, CoordinateJacobian(largest["own_pixel"], largest["other_pixels"])
