"""Each variant against a literal transcription of Eq. 1-4; test_equivalence has independence."""

import math

import pytest
import torch
from conftest import refused, small_generator
from jaxtyping import TypeCheckError
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.coordinates import pixel_grid
from cipslib.networks.generator import Generator
from cipslib.networks.layers import EqualizedLinear, ModulatedLinear
from cipslib.utils.errors import UserError


def dense(layer: EqualizedLinear, x: list[float]) -> list[float]:
    weight, bias = layer.weight.tolist(), layer.bias.tolist()
    return [
        sum(w * layer.weight_gain * v for w, v in zip(row, x, strict=True)) + b * layer.bias_gain
        for row, b in zip(weight, bias, strict=True)
    ]


def leaky(x: list[float]) -> list[float]:
    return [math.sqrt(2) * (v if v > 0 else 0.2 * v) for v in x]


def sine(x: list[float]) -> list[float]:
    return [math.sin(v) for v in x]


def mod_fc(layer: ModulatedLinear, phi: list[float], w: list[float]) -> list[float]:
    """psi = B^ phi + b with B^ as in Eq. 2, entry by entry; B is the weight scaled to 1/sqrt(n)."""
    s = dense(layer.affine, w)
    psi = []
    for i, bias in enumerate(layer.bias.tolist()):
        row = [b / math.sqrt(len(phi)) for b in layer.weight[i].tolist()]
        norm = 1.0
        if layer.demodulate:
            norm = math.sqrt(1e-8 + sum((s[k] * row[k]) ** 2 for k in range(len(phi))))
        psi.append(sum(s[j] * row[j] / norm * phi[j] for j in range(len(phi))) + bias)
    return psi


def literal_pixel(g: Generator, z: list[float], x: int, y: int) -> list[float]:
    """G(x, y; z) for integer pixel coordinates, in plain Python, column by column of Tab. 3."""
    size, variant = g.config.resolution, g.config.variant
    activation = sine if variant.sine else leaky
    scale = math.sqrt(sum(v * v for v in z) / len(z) + 1e-8)
    w = [v / scale for v in z]
    for layer in g.mapping.layers:
        w = leaky(dense(layer, w))
    point = (2 * x / (size - 1) - 1, 2 * y / (size - 1) - 1)
    e = []  # Eq. 4: concat
    if variant.fourier:
        e += [math.sin(row[0] * point[0] + row[1] * point[1]) for row in g.fourier.weight.tolist()]
    if variant.embedding:
        e += g.embedding.table[y * size + x].tolist()
    phi = activation(mod_fc(g.first.modulated, e, w))
    rgb = [0.0, 0.0, 0.0]
    for block in g.blocks:
        before = phi
        for layer in block.layers:
            phi = activation(mod_fc(layer.modulated, phi, w))
        if variant.residual:
            phi = [(a + b) / math.sqrt(2) for a, b in zip(phi, before, strict=True)]
        if variant.skips:
            rgb = [a + b for a, b in zip(rgb, mod_fc(block.to_rgb, phi, w), strict=True)]
    return rgb if variant.skips else mod_fc(g.blocks[-1].to_rgb, phi, w)


def styles(generator: Generator, count: int) -> Tensor:
    torch.manual_seed(1)
    return generator.mapping(torch.randn(count, 5, dtype=torch.float64))


def test_equals_the_equations(generator: Generator):
    z = torch.randn(2, 5, dtype=torch.float64)
    images = generator(z)
    for n in range(2):
        for x, y in ((0, 0), (5, 0), (0, 5), (2, 3), (4, 1)):
            expected = literal_pixel(generator, z[n].tolist(), x, y)
            assert images[n, :, y, x].tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
def test_grid_coordinates_give_the_whole_image(generator: Generator, interpolation: str):
    """Coordinates that name the training grid read the embedding table itself: to the last bit."""
    w = styles(generator, 2)
    coords = pixel_grid(6, 6, dtype=torch.float64)
    if generator.embedding is not None:
        assert torch.equal(generator.embedding(coords, interpolation), generator.embedding.table)
    image = generator.synthesis(w, coords, interpolation=interpolation)
    torch.testing.assert_close(image, generator.synthesis(w), rtol=0, atol=1e-13)


def test_each_image_may_have_coordinates_of_its_own(generator: Generator):
    w = styles(generator, 2)
    coords = torch.rand(2, 9, 2, dtype=torch.float64) * 2 - 1
    both = generator.synthesis(w, coords)
    for n in range(2):
        alone = generator.synthesis(w[n : n + 1], coords[n])
        torch.testing.assert_close(both[n : n + 1], alone)


def test_a_style_may_be_given_for_each_layer_and_pixel(generator: Generator):
    w = styles(generator, 2)
    whole, layers = generator.synthesis(w), generator.config.layers
    for same in (
        w[:, None].expand(-1, layers, -1),
        w[:, None, None].expand(-1, -1, 36, -1),
        w[:, None, None].expand(-1, layers, 36, -1),
    ):
        torch.testing.assert_close(generator.synthesis(same), whole)
    halves = torch.cat((w[:1].expand(18, -1), w[1:].expand(18, -1)))[None, None]
    expected = torch.cat((whole[:1, :18], whole[1:, 18:]), dim=1)
    torch.testing.assert_close(generator.synthesis(halves), expected)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 3, 5), "w has styles for 3 layers; the generator has"),
        ((1, 1, 7, 5), "w has styles for 7 pixels; there are 36"),
        ((5,), r"w is of shape \(5,\)|typechecking parameter 'w'"),  # whichever looks first
    ],
)
def test_styles_of_other_shapes_are_refused(generator: Generator, shape: tuple, message: str):
    styles = torch.zeros(shape, dtype=torch.float64)
    with pytest.raises((UserError, TypeCheckError), match=message):
        generator.synthesis(styles)


def test_an_encoding_can_be_set_to_zero():
    generator = small_generator()
    coords = pixel_grid(6, 6, dtype=torch.float64)
    for zeroed, kept in ((slice(0, 4), slice(4, None)), (slice(4, None), slice(0, 4))):
        name = "fourier" if zeroed.start == 0 else "embedding"
        encoding = generator.encode(coords, zero_encoding=name)
        assert encoding[:, zeroed].abs().max() == 0
        torch.testing.assert_close(encoding[:, kept], generator.encode(coords)[:, kept])


@pytest.mark.parametrize(
    ("changes", "how", "message"),
    [
        ({"variant": "ne"}, {"zero_encoding": "embedding"}, "has no embedding encoding to set to"),
        ({}, {"interpolation": "linear"}, "is 'linear', must be one of bilinear"),
        ({"circumference": 9}, {"interpolation": "shifted"}, "is 'shifted', which is the released"),
    ],
)
def test_encodings_that_there_are_not_are_named(changes: dict, how: dict, message: str):
    refused(message, small_generator(**changes).encode, None, **how)


def test_embedding_blends_between_positions():
    embedding = small_generator().embedding
    step = 2 / 5  # between neighbouring pixels of a 6 x 6 grid
    between = torch.tensor([[-1 + 1.25 * step, -1 + 2 * step]], dtype=torch.float64)
    row = embedding.table[12:18]
    torch.testing.assert_close(embedding(between)[0], 0.75 * row[1] + 0.25 * row[2])
    torch.testing.assert_close(embedding(between, "nearest")[0], row[1])
    t = 0.25  # Catmull-Rom: through the positions, with the slope of the neighbours' line
    cubic = torch.tensor([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3])
    shares = torch.cat((cubic, torch.tensor([t**3 - t**2]))).double() / 2
    torch.testing.assert_close(embedding(between, "bicubic")[0], shares @ row[:4])
    outside = torch.tensor([[-3.0, 1.5]], dtype=torch.float64)
    torch.testing.assert_close(embedding(outside)[0], embedding.table[5 * 6])


def test_the_shifted_interpolation_is_that_of_grid_sample():
    """The released code's: bilinear, border, align_corners=False on end-inclusive coordinates."""
    embedding = small_generator().embedding
    coords = torch.rand(50, 2, dtype=torch.float64) * 2 - 1
    coords = torch.cat((pixel_grid(6, 6, dtype=torch.float64), coords))
    table = embedding.table.T.reshape(1, 3, 6, 6)
    how = {"mode": "bilinear", "padding_mode": "border", "align_corners": False}
    theirs = F.grid_sample(table, coords[None, None], **how)
    torch.testing.assert_close(embedding(coords, "shifted"), theirs[0, :, 0].T)
    assert not torch.allclose(embedding(coords[:36], "shifted"), embedding.table)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
def test_a_cylinder_goes_round(interpolation: str):
    generator = small_generator(circumference=9)
    table = generator.embedding.table
    assert torch.equal(generator.embedding(generator.grid, interpolation), table)
    coords = torch.rand(20, 2, dtype=torch.float64) * 2 - 1
    once, turned = (
        generator.encode(coords + torch.tensor([x, 0.0]), interpolation) for x in (0.0, 2.0)
    )
    torch.testing.assert_close(turned, once)
    ends = torch.tensor([[1 - 1e-9, 0.3], [-1 + 1e-9, 0.3]], dtype=torch.float64)
    first, last = generator.encode(ends, interpolation)
    torch.testing.assert_close(first, last, rtol=1e-6, atol=1e-6)


def test_noise_is_drawn_and_scaled_in_every_layer():
    generator = small_generator(noise=True)
    w, random = styles(generator, 2), torch.Generator()
    draws = [generator.synthesis(w, noise=random.manual_seed(seed)) for seed in (0, 0, 1)]
    torch.testing.assert_close(draws[0], draws[1])
    assert not torch.allclose(draws[0], draws[2])
    with torch.no_grad():
        for layer in (generator.first, *(lay for b in generator.blocks for lay in b.layers)):
            layer.noise_strength.zero_()
    quiet = generator.synthesis(w, noise=torch.Generator().manual_seed(0))
    torch.testing.assert_close(quiet, generator.synthesis(w))
    assert not torch.allclose(quiet, draws[0])


def test_residual_blocks_of_changing_width():
    """(skip(x) + f(x)) / sqrt(2), the skip an unmodulated projection (Sec. 4.4)."""
    generator = small_generator(variant="residual", block_widths=(8, 4))
    w, x = styles(generator, 1), torch.randn(1, 10, 8, dtype=torch.float64)
    block = generator.blocks[1]
    first, second = block.layers
    expected = (second(first(x, w), w) + x @ block.skip.weight.T / math.sqrt(8)) / math.sqrt(2)
    torch.testing.assert_close(block(x, [w, w], [None, None]), expected)
