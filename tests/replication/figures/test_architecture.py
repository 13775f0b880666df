"""Fig. 2 and 13: every layer of the generator is drawn once, with its widths, in the figure."""

from itertools import combinations

import pytest
import torch
from matplotlib.patches import FancyBboxPatch

from cipslib.networks.layers import ModulatedLinear, StyledLayer
from cipslib.networks.models import build_generator
from cipslib.presets import generator_preset
from replication.figures.architecture import layer_widths, plot_generator


def widths(module: ModulatedLinear) -> tuple[int, int]:
    outputs, inputs = module.weight.shape
    return inputs, outputs


@pytest.mark.parametrize("variant", ["base", "main"])
@pytest.mark.parametrize("resolution", [64, 256])
def test_layers_are_those_of_the_network(variant: str, resolution: int):
    config = generator_preset(variant, "paper", resolution)
    with torch.device("meta"):
        modules = list(build_generator(config).modules())
    inside = [each.modulated for each in modules if isinstance(each, StyledLayer)]
    layers = [widths(each) for each in inside]
    to_rgb = [m for m in modules if isinstance(m, ModulatedLinear) and m not in inside]
    assert [layer for block in layer_widths(config) for layer in block] == layers
    drawn = [text.get_text() for text in plot_generator(config).axes[0].texts]
    last = [f"to RGB {widths(each)[0]} → 3" for each in to_rgb]
    assert [text for text in drawn if "→ 3" in text] == last
    inner = [f"ModFC {a} → {b}" for a, b in layers]
    assert [text for text in drawn if text.startswith("ModFC ")] == inner
    assert drawn.count("+") == len(to_rgb) - 1
    side = f"{resolution}×{resolution}"
    assert {"Fourier\nfeatures\n2 → 512", f"coordinate\nembedding\n{side}\n→ 512"} < {*drawn}
    assert "M: 8 × FC 512 → 512" in drawn


@pytest.mark.parametrize("variant", ["base", "main"])
def test_boxes_lie_in_the_figure_and_apart(variant: str):
    figure = plot_generator(generator_preset(variant, "paper", 256))
    (axes,) = figure.axes
    boxes = [p.get_window_extent() for p in axes.patches if isinstance(p, FancyBboxPatch)]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for each in boxes:
        assert figure.bbox.x0 <= each.x0 < each.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= each.y0 < each.y1 <= figure.bbox.y1
