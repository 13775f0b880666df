"""Fig. 2 and 13: every layer of the generator is drawn once, with its widths, in the figure."""

from itertools import combinations

import pytest
import torch
from conftest import small_generator
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from cipslib.networks.layers import ModulatedLinear, StyledLayer
from cipslib.networks.models import build_generator
from cipslib.presets import FIDELITIES, VARIANTS, generator_preset
from replication.figures.architecture import layer_widths, plot_generator
from replication.figures.style import WIDTH


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def widths(module: ModulatedLinear) -> tuple[int, int]:
    outputs, inputs = module.weight.shape
    return inputs, outputs


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("fidelity", FIDELITIES)
def test_layers_are_those_of_the_network(variant: str, fidelity: str):
    config = generator_preset(variant, fidelity, 256)
    with torch.device("meta"):
        modules = list(build_generator(config).modules())
    layers = [widths(each.modulated) for each in modules if isinstance(each, StyledLayer)]
    assert [layer for block in layer_widths(config) for layer in block] == layers
    inside = {each.modulated for each in modules if isinstance(each, StyledLayer)}
    to_rgb = [m for m in modules if isinstance(m, ModulatedLinear) and m not in inside]
    drawn = texts(plot_generator(config))
    assert [text for text in drawn if "→ 3" in text] == [
        f"to RGB {widths(each)[0]} → 3" for each in to_rgb
    ]
    assert [text for text in drawn if text.startswith("ModFC ")] == [
        f"ModFC {a} → {b}" for a, b in layers
    ]
    residual_sums = VARIANTS[variant].residual * len(config.block_widths)
    assert drawn.count("+") == len(to_rgb) - 1 + residual_sums
    narrowing = sum(block[0][0] != block[-1][1] for block in layer_widths(config)[1:])
    assert drawn.count("FC") == narrowing * VARIANTS[variant].residual


@pytest.mark.parametrize("changes", [{}, {"circumference": 12}, {"noise": True}])
@pytest.mark.parametrize("variant", VARIANTS)
def test_boxes_lie_in_the_figure_and_apart(variant: str, changes: dict):
    figure = plot_generator(small_generator(variant=variant, **changes).config)
    assert figure.get_size_inches()[0] == WIDTH
    (axes,) = figure.axes
    boxes = [p.get_window_extent() for p in axes.patches if isinstance(p, FancyBboxPatch)]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for each in boxes:
        assert figure.bbox.x0 <= each.x0 < each.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= each.y0 < each.y1 <= figure.bbox.y1


def test_words_are_those_of_the_configuration():
    config = small_generator(block_widths=(8, 6), embedding_dim=3, noise=True).config
    drawn = texts(plot_generator(config))
    assert {"Fourier\nfeatures\n2 → 4", "coordinate\nembedding\n6×6\n→ 3"} < {*drawn}
    assert {"M: 2 × FC 5 → 5", "ModFC 7 → 8", "ModFC 8 → 6", "to RGB 6 → 3"} < {*drawn}
    assert "lReLU" in drawn[-1] and "+ n + b" in drawn[-1]
    assert r"\sin" in texts(plot_generator(small_generator(variant="sine").config))[-1]
