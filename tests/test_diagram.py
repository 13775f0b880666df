"""Graphs read off a generator and the boxes drawn from them."""

from collections import Counter

import pytest
import torch
from conftest import small_generator
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import nn

from cipslib.networks.generator import Generator
from cipslib.networks.models import build_generator
from cipslib.presets import generator_preset
from replication.figures.diagram import draw_generator, label, place
from replication.figures.graph import COORDINATES, LATENT, OUTPUT, Node, flow
from replication.figures.style import WIDTH


def paper(variant: str, fidelity: str = "paper") -> Generator:
    with torch.device("meta"):
        generator = build_generator(generator_preset(variant, fidelity, 256))
    assert isinstance(generator, Generator)
    return generator


def by_name(generator: Generator) -> dict[str, Node]:
    return {node.name: node for node in flow(generator)}


def kinds(generator: Generator) -> Counter:
    return Counter(node.kind for node in flow(generator))


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_the_default_is_as_the_appendix_says():
    """App. A: 15 layers, the first onto 512; seven times two layers and a projection; a sum."""
    counts = kinds(paper("main"))
    assert counts["layer"] == 15
    assert counts["to_rgb"] == 7
    assert counts["sum"] == 6  # of seven
    nodes = by_name(paper("main"))
    assert (nodes["concat.0"].inputs, nodes["first"].inputs, nodes["first"].outputs) == (
        1024,
        1024,
        512,
    )
    for number in range(7):
        block = f"blocks.{number}"
        assert nodes[f"{block}.layers.1"].sources == (f"{block}.layers.0", "mapping")
        assert nodes[f"{block}.to_rgb"].sources == (f"{block}.layers.1", "mapping")


def test_the_base_has_14_layers_in_a_row_and_one_projection():
    """Sec. 4.1 and Fig. 2, which shows no skips."""
    generator = paper("base")
    counts = kinds(generator)
    assert (counts["layer"], counts["to_rgb"], counts["sum"]) == (14, 1, 0)
    chain, name = [], OUTPUT
    nodes = by_name(generator)
    while nodes[name].sources:
        name = nodes[name].sources[0]
        chain.append(nodes[name].kind)
    assert chain == ["to_rgb"] + 14 * ["layer"] + ["concat", "fourier", "input"]


def test_every_layer_has_the_style_and_no_style_has_a_pixel(generator: Generator):
    nodes = by_name(generator)
    assert nodes["mapping"].sources == (LATENT,)
    for node in nodes.values():
        assert (node.kind in ("layer", "to_rgb")) == ("mapping" in node.sources)
    variant = generator.config.variant
    assert ("fourier" in nodes) == variant.fourier
    assert ("embedding" in nodes) == variant.embedding
    assert kinds(generator)["layer"] == generator.config.layers
    for name in {"fourier", "embedding"} & nodes.keys():
        assert nodes[name].sources == (COORDINATES,)


def test_a_residual_block_is_added_to_its_input():
    nodes = by_name(paper("residual"))
    assert nodes["sum.0"].sources == ("first", "blocks.0.layers.1")
    assert nodes["sum.1"].sources == ("sum.0", "blocks.1.layers.1")
    narrowing = by_name(paper("residual", "release"))
    assert narrowing["blocks.6.skip"].kind == "linear"
    assert (narrowing["blocks.6.skip"].inputs, narrowing["blocks.6.skip"].outputs) == (256, 128)
    assert "blocks.6.skip" in narrowing["sum.6"].sources


class Rewired(Generator):
    """Its last block reads what the first layer made."""

    def synthesis(self, w, coords=None, **_):
        x = self.first(self.encode(coords).expand(len(w), -1, -1), w)
        self.blocks[0](x, [w, w], [None, None])
        return self.blocks[1].to_rgb(self.blocks[1](x, [w, w], [None, None]), w)


def test_the_graph_is_that_of_the_forward_pass_not_of_the_names():
    rewired = Rewired(small_generator().config)
    nodes = by_name(rewired)
    assert nodes["blocks.1.layers.0"].sources == ("first", "mapping")
    assert nodes[OUTPUT].sources == ("blocks.1.to_rgb",)


def test_the_generator_is_left_as_it_was():
    generator = small_generator()
    with torch.inference_mode():
        flow(generator)
    assert all(p.grad is None for p in generator.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in generator.modules())


@pytest.mark.parametrize("changes", [{}, {"circumference": 12}, {"noise": True}])
def test_every_node_is_drawn_once_within_the_figure(generator: Generator, changes: dict):
    changed = small_generator(variant=generator.config.variant, **changes)
    nodes = flow(changed)
    figure = draw_generator(changed)
    drawn = Counter(texts(figure))
    assert not Counter(label(node) for node in nodes) - drawn
    places = place(nodes)
    assert figure.get_size_inches()[0] == WIDTH
    for each in places.values():
        assert each.left[0] >= 0
        assert each.right[0] <= WIDTH
    boxes = [each for each in places.values() if each.width > 0]
    for index, a in enumerate(boxes):
        for b in boxes[:index]:
            apart = abs(a.x - b.x) >= (a.width + b.width) / 2
            assert apart or abs(a.y - b.y) >= (a.height + b.height) / 2, (a.node.name, b.node.name)


def test_widths_are_those_of_the_modules():
    generator = small_generator(block_widths=(8, 6), embedding_dim=3, noise=True)
    drawn = texts(draw_generator(generator, detail=True))
    for expected in (
        "Fourier\nfeatures\n2 → 4",
        "coordinate\nembedding\n6×6\n→ 3",
        "M: 2 × FC 5 → 5",
        "ModFC 7 → 8 + noise",
        "ModFC 8 → 6 + noise",
        "to RGB 6 → 3",
        "B: 8 × 7",
        "A: FC 5 → 7",
        "+ noise",
        "leaky ReLU, slope 0.2",
    ):
        assert expected in drawn, expected
    sine = texts(draw_generator(small_generator(variant="sine"), detail=True))
    assert "sine" in sine
    assert not any("leaky" in text for text in sine)


def test_a_layer_without_demodulation_is_drawn_without_it():
    generator = small_generator()
    assert any("unit rows" in text for text in texts(draw_generator(generator, detail=True)))
    first: nn.Module = generator.first
    first.modulated.demodulate = False  # type: ignore[union-attr,assignment]
    assert not any("unit rows" in text for text in texts(draw_generator(generator, detail=True)))
