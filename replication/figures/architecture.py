"""Fig. 2 and 13: a block diagram of a generator, drawn from its configuration."""

from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from cipslib.networks.generator import GeneratorConfig
from cipslib.networks.layers import LEAKY_SLOPE
from replication.figures.style import WIDTH

INK, STYLE = "#333333", "#B3541E"  # arrows of pixels, and of the style vector w
YELLOW, ORANGE, BLUE, GREEN, GREY = "#FBE88A", "#F3C9A5", "#C5DDF2", "#BFE6D2", "#EFEFEF"
# In inches; the row of layers has its middle at y = 0.
LEFT, TALL, SMALL = 1.72, 1.26, (0.16, 0.16)
STYLE_ROW, RGB_ROW, SUM_ROW = 1.1, -1.5, -2.35
ACROSS_FIRST = "angle,angleA=0,angleB=90"  # an arrow's way, where it has a corner
DOWN_FIRST = "angle,angleA=90,angleB=0"
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
    figure = plt.figure(figsize=size)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(low, STYLE_ROW + 0.22))
    axes.axis("off")
    mapping = f"M: {config.mapping_layers} × FC {config.style_dim} → {config.style_dim}"
    w = _box(axes, (1.36, STYLE_ROW), (1.4, 0.28), mapping, ORANGE)
    _arrow(axes, _box(axes, (0.33, STYLE_ROW), (0.44, 0.3), "z"), w)
    axes.text(2.1, STYLE_ROW + 0.05, "w", color=STYLE, fontsize=8)
    _draw_layers(axes, config, w, _draw_encodings(axes, config))
    _box(axes, (0.41, low + 0.22), (0.6, 0.3), "ModFC", BLUE)
    output = rf"$\varphi \mapsto \mathrm{{lReLU}}_{{{LEAKY_SLOPE}}}(\hat{{B}}\varphi + b)$"
    axes.text(0.82, low + 0.22, f"$s = A(w)$,   ${EQ_2}$,   {output}", va="center", fontsize=8)
    return figure


def _draw_encodings(axes: Axes, config: GeneratorConfig) -> Patch:
    """Draw both encodings of (x, y), and return the box in which they are joined."""
    pixel = _box(axes, (0.33, 0), (0.44, 0.3), "(x, y)")
    joined = _box(axes, (1.52, 0), SMALL, "c")
    side = config.resolution
    fourier = f"Fourier\nfeatures\n2 → {config.fourier_dim}"
    embedding = f"coordinate\nembedding\n{side}×{side}\n→ {config.embedding_dim}"
    for text, y in ((fourier, 0.47), (embedding, -0.47)):
        encoding = _box(axes, (1, y), (0.68, 0.66), text, YELLOW)
        _arrow(axes, pixel, encoding, DOWN_FIRST)
        _arrow(axes, encoding, joined, ACROSS_FIRST)
    return joined


def _draw_layers(axes: Axes, config: GeneratorConfig, w: Patch, end: Patch) -> None:
    """Draw the blocks behind ``end``, their ways to RGB, and the colour that comes out."""
    skips, blocks = config.variant.skips, layer_widths(config)
    if not skips:
        blocks.append([(config.block_widths[-1], 3)])
    step = min(0.5, (WIDTH - 0.68 - LEFT) / (sum(map(len, blocks)) + len(blocks) / 5))
    x, width, colour = LEFT + step / 2, 0.68 * step, end
    for number, block in enumerate(blocks):
        for inputs, outputs in block:
            kind, fill = ("to RGB", GREEN) if outputs == 3 else ("ModFC", BLUE)
            layer = _box(axes, (x, 0), (width, TALL), f"{kind} {inputs} → {outputs}", fill)
            _arrow(axes, end, layer)
            _arrow(axes, w, layer, ACROSS_FIRST, STYLE)
            end, x = layer, x + step
        if number and skips:
            rgb = _box(axes, (x - step, RGB_ROW), (width, 1), f"to RGB {outputs} → 3", GREEN)
            style = _box(axes, (x - 2.2 * step, RGB_ROW), SMALL, "w", ORANGE)
            _arrow(axes, end, rgb)
            _arrow(axes, style, rgb, colour=STYLE)
            if number > 1:
                plus = _box(axes, (x - step, SUM_ROW), SMALL, "+")
                _arrow(axes, rgb, plus)
                _arrow(axes, colour, plus, DOWN_FIRST)
            colour = plus if number > 1 else rgb
        if number and outputs != 3:
            low = RGB_ROW - 0.55 if skips else -TALL / 2 - 0.05
            sides = [x - 2.5 * step, x - 0.5 * step]
            axes.fill_between(sides, low, TALL / 2 + 0.05, color=GREY, lw=0, zorder=0)
        x += step / 5
    at = (x - step + 0.37, SUM_ROW if skips else 0)
    _arrow(axes, colour if skips else end, _box(axes, at, (0.42, 0.3), "RGB"))


def _box(axes: Axes, at: Point, sides: Point, text: str, fill: str = "white") -> Patch:
    """Draw a box around ``at``; what is taller than wide has its text upright."""
    corner = (at[0] - sides[0] / 2, at[1] - sides[1] / 2)
    form = "round,pad=0,rounding_size=0.05"
    words = axes.text(*at, text, rotation=90 * (sides[1] > sides[0]), fontsize=7, zorder=4)
    words.set(ha="center", va="center", linespacing=1.05)
    return axes.add_patch(FancyBboxPatch(corner, *sides, form, fc=fill, ec=INK, lw=0.8, zorder=3))


def _arrow(axes: Axes, start: Patch, end: Patch, way: str = "arc3", colour: str = INK) -> None:
    """Draw from the middle of a box to that of another, as far as it is outside of both."""
    ends = {"patchA": start, "patchB": end, "shrinkA": 0, "shrinkB": 0, "connectionstyle": way}
    look = {"arrowstyle": "-|>", "mutation_scale": 6, "lw": 0.9, "color": colour}
    axes.annotate("", (0.5, 0.5), (0.5, 0.5), end, start, arrowprops=ends | look, zorder=2)
