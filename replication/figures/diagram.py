"""Block diagrams of a generator (Fig. 2 and 13): every box, width and arrow is read from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from cipslib.networks.generator import CoordinateEmbedding, Generator
from cipslib.networks.layers import LEAKY_SLOPE, MappingNetwork, StyledLayer
from replication.figures.boxes import FONT, INK, LETTER, Point, arrow, box, canvas, write
from replication.figures.graph import Node, flow
from replication.figures.style import WIDTH

FILLS = {  # pale tints; every box says in words what it is
    "input": "#FFFFFF",
    "output": "#FFFFFF",
    "fourier": "#FBE88A",  # encodings are yellow, as in Fig. 2
    "embedding": "#FBE88A",
    "mapping": "#F3C9A5",
    "layer": "#C5DDF2",
    "linear": "#E4E4E4",
    "to_rgb": "#BFE6D2",
}
NAMES = {
    "fourier": "Fourier\nfeatures",
    "embedding": "coordinate\nembedding",
    "linear": "FC",
    "layer": "ModFC",
    "to_rgb": "to RGB",
}
STYLE, FRAME = "#B3541E", "#F0F0F0"  # the way of the style vector; blocks
# In inches.
GAP, MARGIN = 0.13, 0.08
UPRIGHT = 0.285  # width of a box whose text stands on end
ENCODING = (0.68, 0.68)
SYMBOL = 0.085  # radius of a sum
DETAIL = 2.1  # height of what a layer does


@dataclass(frozen=True)
class Placed:
    """A node and where its box is."""

    node: Node
    lane: str  # style, main, skip, rgb or sum, from top to bottom
    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> Point:
        return self.x - self.width / 2, self.y

    @property
    def right(self) -> Point:
        return self.x + self.width / 2, self.y

    @property
    def top(self) -> Point:
        return self.x, self.y + self.height / 2

    @property
    def bottom(self) -> Point:
        return self.x, self.y - self.height / 2


def draw_generator(generator: Generator, detail: bool = False) -> Figure:
    """The way from (x, y) and z to the colour; frames are the generator's blocks.

    ``w`` at an arrow without a source is the mapping network's output. ``detail``: below stands
    what a modulated layer does, the first one's widths in it (Fig. 2, bottom).
    """
    places = place(flow(generator))
    low = min(each.bottom[1] for each in places.values()) - MARGIN
    floor = low
    if detail:
        low -= DETAIL
    high = max(each.top[1] for each in places.values()) + MARGIN
    axes = canvas(max(each.right[0] for each in places.values()) + MARGIN, low, high)
    for block in {name.rsplit(".", 2)[0] for name in places if ".layers." in name}:
        _frame(axes, [each for name, each in places.items() if name.startswith(f"{block}.")])
    below = min(each.bottom[1] for each in places.values() if each.lane == "main") - 0.03
    for each in places.values():
        _draw_node(axes, each)
        if each.node.kind == "mapping":
            write(axes, (each.right[0] + GAP, each.y + 0.1), "w", color=STYLE)
        for name in each.node.sources:
            _draw_edge(axes, places[name], each, below)
    if detail:
        _draw_layer(axes, generator.first, floor)
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure


def place(nodes: Sequence[Node]) -> dict[str, Placed]:
    """Columns by the longest way from the coordinates, rows by what a node is for."""
    lanes: dict[str, str] = {}
    columns: dict[str, int] = {}
    summed = sum(node.kind == "to_rgb" for node in nodes) > 1
    for node in nodes:  # sources come before what uses them
        lanes[node.name] = lane = _lane(node, lanes, summed)
        before = [columns[source] for source in node.sources if lanes[source] != "style"]
        below = lane in ("rgb", "sum") and node.kind != "output"
        columns[node.name] = max(before, default=-1) + (not below)
    sizes = {node.name: _size(node) for node in nodes}
    rows = _rows(lanes, sizes)
    centres, scale = _centres(columns, lanes, sizes)
    placed = {}
    edge = MARGIN
    for node in nodes:
        lane, (width, height) = lanes[node.name], sizes[node.name]
        x, y = centres[columns[node.name]], rows[lane] + _shift(node, nodes)
        if lane == "style":  # from the left, whatever the columns
            x, edge = edge + width / 2, edge + width + GAP
        elif width <= UPRIGHT:
            width *= scale
        placed[node.name] = Placed(node, lane, x, y, width, height)
    return placed


def _lane(node: Node, lanes: Mapping[str, str], summed: bool) -> str:
    """``summed``: there are several projections to RGB, which get a row of their own."""
    above = {lanes[source] for source in node.sources}
    if node.kind == "mapping" or (node.kind == "input" and node.name == "z"):
        return "style"
    if node.kind == "linear":
        return "skip"
    if node.kind == "to_rgb":
        return "rgb" if summed else "main"
    return "sum" if above & {"rgb", "sum"} else "main"


def _size(node: Node) -> tuple[float, float]:
    if node.kind in ("sum", "concat"):
        return 2 * SYMBOL, 2 * SYMBOL
    if node.kind in ("input", "output"):
        return 0.44, 0.3
    if node.kind in ("fourier", "embedding"):
        return ENCODING
    length = LETTER * len(label(node)) + 0.2
    return (length, 0.3) if node.kind == "mapping" else (UPRIGHT, length)


def _rows(lanes: Mapping[str, str], sizes: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """The middle of each lane; those that nothing is in take no room."""
    heights = {
        lane: max((sizes[name][1] for name in lanes if lanes[name] == lane), default=0.0)
        for lane in ("main", "skip", "rgb", "sum")
    }
    rows = {"style": heights["main"] / 2 + 0.55, "main": 0.0}
    edge = -heights["main"] / 2
    for lane in ("skip", "rgb", "sum"):
        if heights[lane]:
            edge -= 0.26
        rows[lane] = edge - heights[lane] / 2
        edge -= heights[lane]
    return rows


def _centres(
    columns: Mapping[str, int], lanes: Mapping[str, str], sizes: Mapping[str, tuple[float, float]]
) -> tuple[dict[int, float], float]:
    """The middle of each column, and by what upright boxes must be narrowed to fit into WIDTH."""
    widths: dict[int, float] = {}
    for name, column in sorted(columns.items(), key=lambda item: item[1]):
        if lanes[name] != "style":
            widths[column] = max(widths.get(column, 0.0), sizes[name][0])
    fixed = sum(width for width in widths.values() if width > UPRIGHT)
    total = sum(widths.values()) - fixed + GAP * (len(widths) - 1)
    scale = min(1.0, (WIDTH - 2 * MARGIN - fixed) / total)
    centres, edge = {}, MARGIN
    for column, width in widths.items():
        width *= scale if width <= UPRIGHT else 1.0
        centres[column] = edge + width / 2
        edge += width + scale * GAP
    return {column: centres.get(column, 0.0) for column in columns.values()}, scale


def _shift(node: Node, nodes: Sequence[Node]) -> float:
    """Two encodings stand one above the other."""
    kinds = {each.kind for each in nodes}
    if node.kind not in ("fourier", "embedding") or not {"fourier", "embedding"} <= kinds:
        return 0.0
    return 0.75 * ENCODING[1] * (1 if node.kind == "fourier" else -1)


def label(node: Node) -> str:
    """What a box says: the module, and the widths of its input and output."""
    change = f"{node.inputs} → {node.outputs}"
    match node.module:
        case None:
            return {"sum": "+", "concat": "c"}.get(node.kind, node.name)
        case MappingNetwork() as mapping:
            return f"M: {len(mapping.layers)} × FC {change}"
        case CoordinateEmbedding() as table:
            return f"{NAMES[node.kind]}\n{table.height}×{table.width}\n→ {node.outputs}"
        case StyledLayer() as layer:
            more = "" if layer.noise_strength is None else " + noise"
            return f"{NAMES[node.kind]} {change}{more}"
        case _:
            return f"{NAMES[node.kind]}{chr(10) if node.kind == 'fourier' else ' '}{change}"


def _draw_node(axes: Axes, each: Placed) -> None:
    kind, place = each.node.kind, (each.x, each.y)
    rotation = 90 if kind in ("layer", "linear", "to_rgb") else 0
    size = FONT - 1 if kind in ("fourier", "embedding") else FONT
    if kind in ("sum", "concat"):
        axes.add_patch(Circle(place, SYMBOL, fc="white", ec=INK, lw=0.8, zorder=3))
    else:
        box(axes, place, (each.width, each.height), FILLS[kind])
    write(axes, place, label(each.node), rotation=rotation, fontsize=size)


def _frame(axes: Axes, members: Sequence[Placed]) -> None:
    left = min(each.left[0] for each in members) - 0.05
    right = max(each.right[0] for each in members) + 0.05
    low = min(each.bottom[1] for each in members) - 0.05
    high = max(each.top[1] for each in members) + 0.05
    form = "round,pad=0,rounding_size=0.08"
    patch = FancyBboxPatch((left, low), right - left, high - low, boxstyle=form, fc=FRAME, lw=0)
    patch.set_zorder(0)
    axes.add_patch(patch)


def _draw_edge(axes: Axes, source: Placed, target: Placed, below: float) -> None:
    if source.node.kind != "mapping":
        arrow(axes, _route(source, target, below))
    elif target.lane == "main":
        arrow(axes, [source.right, (target.x, source.y), target.top], STYLE)
    else:
        end = (target.left[0], target.y + target.height / 4)
        arrow(axes, [(end[0] - GAP, end[1]), end], STYLE)
        write(axes, (end[0] - GAP, end[1]), "w", color=STYLE, ha="right", va="center_baseline")


def _route(source: Placed, target: Placed, below: float) -> list[Point]:
    """Straight along a row, round corners between rows, at ``below`` past a neighbour."""
    if source.lane == "sum" or (source.lane == target.lane and source.y == target.y):
        if target.left[0] - source.right[0] < 2 * GAP or target.node.kind != "sum":
            return [source.right, target.left]
        if source.lane == "main":
            out = source.right[0] + GAP / 3
            return [source.right, (out, source.y), (out, below), (target.x, below), target.bottom]
        return [source.right, target.left]
    if source.node.kind == "input":  # to one of two encodings
        return [
            source.top if target.y > source.y else source.bottom,
            (source.x, target.y),
            target.left,
        ]
    if target.lane == "skip":
        out = source.right[0] + GAP / 3
        return [source.right, (out, source.y), (out, target.y), target.left]
    if target.node.kind == "concat" or source.lane == "skip":
        end = target.top if source.y > target.y else target.bottom
        return [source.right, (target.x, source.y), end]
    if source.x == target.x:
        return [(target.x, source.bottom[1]), target.top]
    return [source.bottom, (source.x, target.y), target.left]


def _draw_layer(axes: Axes, layer: StyledLayer, ceiling: float) -> None:
    """ModFC (Eq. 2) with its activation, below ``ceiling``: the style on top, pixels below."""
    fc, affine = layer.modulated, layer.modulated.affine
    outputs, inputs = fc.weight.shape
    top, middle, bottom = (ceiling - depth for depth in (0.45, 1.05, 1.75))
    chain = [("w", 0.4, "input"), (f"A: FC {affine.weight.shape[1]} → {inputs}", 1.3, "mapping")]
    chain += [("scale: $s_j B_{ij}$", 1.1, "layer")]
    if fc.demodulate:
        unit = r"unit rows: $\hat{B}_{ij} = s_j B_{ij}\,/\sqrt{\epsilon + \sum_k (s_k B_{ik})^2}$"
        chain.append((unit, 2.55, "layer"))
    ends = _draw_chain(axes, MARGIN + 0.15, middle, chain, STYLE)
    scaled, weights = ends[2], ends[-1]
    box(axes, (scaled, top), (1.1, 0.3), "#FFFFFF")
    write(axes, (scaled, top), f"B: {outputs} × {inputs}")
    arrow(axes, [(scaled, top - 0.15), (scaled, middle + 0.19)])
    noise = [] if layer.noise_strength is None else [("+ noise", 0.6, "layer")]
    activation = "sine" if layer.sine else f"leaky ReLU, slope {LEAKY_SLOPE}"
    chain = [(r"$\hat{B}\varphi$", 0.5, "layer"), ("+ b", 0.4, "layer"), *noise]
    chain += [(activation, 1.45, "layer"), (f"{outputs}", 0.44, "output")]
    first = min(weights, WIDTH - MARGIN - sum(width + GAP for _, width, _ in chain))
    _draw_chain(axes, first - 0.25, bottom, chain, INK)
    arrow(axes, [(first, middle - 0.19), (first, bottom + 0.19)], STYLE)
    _draw_chain(axes, MARGIN + 0.15, bottom, [(rf"$\varphi$: {inputs}", 0.7, "input")], INK)
    arrow(axes, [(MARGIN + 0.85, bottom), (first - 0.25, bottom)])
    write(axes, (MARGIN + 0.15, top), "ModFC", ha="left", fontweight="bold")


def _draw_chain(
    axes: Axes, left: float, y: float, chain: Sequence[tuple[str, float, str]], colour: str
) -> list[float]:
    """Boxes (text, width, kind) from left to right with arrows between; returns their middles."""
    middles: list[float] = []
    for text, width, kind in chain:
        if middles:
            arrow(axes, [(left, y), (left + GAP, y)], colour)
            left += GAP
        box(axes, (left + width / 2, y), (width, 0.38), FILLS[kind])
        write(axes, (left + width / 2, y), text)
        middles.append(left + width / 2)
        left += width
    return middles
