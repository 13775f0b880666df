"""Fig. 2 and 13: a block diagram of a generator, drawn from its configuration."""

from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Outline

from cipslib.networks.generator import GeneratorConfig
from cipslib.networks.layers import LEAKY_SLOPE
from replication.figures.style import WIDTH

INK, STYLE = "#333333", "#B3541E"  # arrows of pixels, and of the style vector w
YELLOW, ORANGE, BLUE, GREEN, GREY = "#FBE88A", "#F3C9A5", "#C5DDF2", "#BFE6D2", "#EFEFEF"
# In inches; the row of layers has its middle at y = 0.
JOIN, LEFT, TALL, RADIUS = 1.52, 1.72, 1.26, 0.08
STYLE_ROW, RGB_ROW, SUM_ROW = 1.1, -1.5, -2.35
EQ_2 = r"\hat{B}_{ij} = s_j B_{ij}\,/\,\sqrt{\epsilon + \sum_k (s_k B_{ik})^2}"
Point = tuple[float, float]


def layer_widths(config: GeneratorConfig) -> list[list[tuple[int, int]]]:
    """Return (inputs, outputs) of each modulated layer, by block, of a generator with both
    encodings. The first list has the layer before the blocks (App. A), or nothing in variants whose
    first block begins with that layer.
    """
    first = (config.embedding_dim + config.fourier_dim, config.block_widths[0])
    blocks = [[(a, b), (b, b)] for a, b in pairwise((first[1], *config.block_widths))]
    if config.variant.separate_first_layer:
        return [[first], *blocks]
    return [[], [first, blocks[0][1]], *blocks[1:]]


def plot_generator(config: GeneratorConfig) -> Figure:
    """Draw the way from (x, y) and z to the colour; below it, what a modulated layer does (Eq. 2).

    Of a generator of the plane with both encodings, plain (Fig. 2) or with skip connections to RGB
    (Fig. 13). A grey frame is a block.
    """
    low = (SUM_ROW if config.variant.skips else -0.7 * TALL) - 0.55
    size = (WIDTH, STYLE_ROW + 0.22 - low)
    figure = plt.figure(figsize=size, layout=PlaceHolderLayoutEngine(True, True))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(low, STYLE_ROW + 0.22))
    axes.axis("off")
    _draw_encodings(axes, config)
    x, y = _draw_layers(axes, config)
    _arrow(axes, (x, y), (x + 0.16, y))
    _box(axes, (x + 0.37, y), (0.42, 0.3), "RGB")
    _box(axes, (0.41, low + 0.22), (0.6, 0.3), "ModFC", BLUE)
    output = rf"$\varphi \mapsto \mathrm{{lReLU}}_{{{LEAKY_SLOPE}}}(\hat{{B}}\varphi + b)$"
    axes.text(0.82, low + 0.22, f"$s = A(w)$,   ${EQ_2}$,   {output}", va="center", fontsize=8)
    return figure


def _draw_encodings(axes: Axes, config: GeneratorConfig) -> None:
    """Draw both encodings, which are joined at (JOIN, 0), and above them the mapping network."""
    side, width = config.resolution, config.embedding_dim
    fourier = f"Fourier\nfeatures\n2 → {config.fourier_dim}"
    for text, y in ((fourier, 0.47), (f"coordinate\nembedding\n{side}×{side}\n→ {width}", -0.47)):
        _arrow(axes, (0.33, 0), (0.33, y), (0.66, y))
        _arrow(axes, (1.34, y), (JOIN, y), (JOIN, y / 6))
        _box(axes, (1, y), (0.68, 0.66), text, YELLOW)
    _join(axes, (JOIN, 0), "c")
    mapping = f"M: {config.mapping_layers} × FC {config.style_dim} → {config.style_dim}"
    _arrow(axes, (0.33, STYLE_ROW), (0.66, STYLE_ROW))
    _box(axes, (0.33, 0), (0.44, 0.3), "(x, y)")
    _box(axes, (0.33, STYLE_ROW), (0.44, 0.3), "z")
    _box(axes, (1.36, STYLE_ROW), (1.4, 0.28), mapping, ORANGE)
    axes.text(2.1, STYLE_ROW + 0.05, "w", color=STYLE, fontsize=8)


def _draw_layers(axes: Axes, config: GeneratorConfig) -> Point:
    """Draw the blocks and their ways to RGB; return where the colour comes out."""
    skips, blocks = config.variant.skips, layer_widths(config)
    step = min(0.5, (WIDTH - 0.68 - LEFT) / (config.layers + len(blocks) / 5 + (not skips)))
    x, end = LEFT, (JOIN + RADIUS, 0.0)
    for number, block in enumerate(blocks):
        left = x
        for inputs, outputs in block:
            end = _draw_layer(axes, end, x, step, f"ModFC {inputs} → {outputs}", BLUE)
            x += step
        if number and skips:
            _draw_projection(axes, number, x - step / 2, step, outputs)
        if number:
            low = RGB_ROW - 0.55 if skips else -TALL / 2 - 0.05
            axes.fill_between([left, x], low, TALL / 2 + 0.05, color=GREY, lw=0, zorder=0)
        x += step / 5
    if skips:
        return x - 0.7 * step + RADIUS, SUM_ROW
    return _draw_layer(axes, end, x, step, f"to RGB {outputs} → 3", GREEN)


def _draw_layer(axes: Axes, before: Point, left: float, step: float, text: str, fill: str) -> Point:
    """Draw a modulated layer, with its style from above; return where it ends."""
    x, half = left + step / 2, 0.34 * step
    _arrow(axes, before, (x - half, 0))
    _arrow(axes, (2, STYLE_ROW), (x, STYLE_ROW), (x, TALL / 2), colour=STYLE)
    _box(axes, (x, 0), (2 * half, TALL), text, fill)
    return x + half, 0


def _draw_projection(axes: Axes, number: int, x: float, step: float, width: int) -> None:
    """Draw a block's projection to RGB, and its sum with those of the blocks before it."""
    before = x - 2.2 * step
    bottom = RGB_ROW - 0.5
    left = x - 1.5 * step
    _arrow(axes, (x, -TALL / 2), (x, RGB_ROW + 0.5))
    _arrow(axes, (left + 0.1, RGB_ROW), (x - 0.34 * step, RGB_ROW), colour=STYLE)
    axes.text(left + 0.02, RGB_ROW - 0.035, "w", color=STYLE, fontsize=8)
    _box(axes, (x, RGB_ROW), (0.68 * step, 1), f"to RGB {width} → 3", GREEN)
    if number > 1:
        first = [(before, bottom), (before, SUM_ROW)]
        _arrow(axes, *(first if number == 2 else first[1:]), (x - RADIUS, SUM_ROW))
        _arrow(axes, (x, bottom), (x, SUM_ROW + RADIUS))
        _join(axes, (x, SUM_ROW), "+")


def _join(axes: Axes, at: Point, text: str) -> None:
    """Draw a circle in which two ways meet."""
    circle = {"boxstyle": "circle,pad=0.1", "fc": "white", "ec": INK, "lw": 0.8}
    axes.text(*at, text, ha="center", va="center", fontsize=8, bbox=circle, zorder=3)


def _box(axes: Axes, at: Point, sides: Point, text: str, fill: str = "white") -> None:
    """Draw a box around ``at``; what is taller than wide has its text upright."""
    corner = (at[0] - sides[0] / 2, at[1] - sides[1] / 2)
    form = "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch(corner, *sides, form, fc=fill, ec=INK, lw=0.8, zorder=3))
    words = axes.text(*at, text, rotation=90 * (sides[1] > sides[0]), fontsize=7, zorder=4)
    words.set(ha="center", va="center", linespacing=1.05)


def _arrow(axes: Axes, *points: Point, colour: str = INK) -> None:
    line = FancyArrowPatch(path=Outline(points), arrowstyle="-|>", mutation_scale=6, lw=0.9)
    line.set(color=colour, zorder=2)
    axes.add_patch(line)
