"""The generator against a literal transcription of Eq. 1-4; pixel independence (Sec. 3)."""

import math

import pytest
import torch
from torch import Tensor

from cipslib.coordinates import pixel_grid
from cipslib.generator import Generator, GeneratorConfig, pixels_to_images
from cipslib.layers import EqualizedLinear, ModulatedLinear


def dense(layer: EqualizedLinear, x: list[float]) -> list[float]:
    weight, bias = layer.weight.tolist(), layer.bias.tolist()
    return [
        sum(w * layer.weight_gain * v for w, v in zip(row, x, strict=True)) + b * layer.bias_gain
        for row, b in zip(weight, bias, strict=True)
    ]


def leaky(x: list[float]) -> list[float]:
    return [math.sqrt(2) * (v if v > 0 else 0.2 * v) for v in x]


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
    """G(x, y; z) for integer pixel coordinates, in plain Python."""
    size = g.config.resolution
    scale = math.sqrt(sum(v * v for v in z) / len(z) + 1e-8)
    w = [v / scale for v in z]
    for layer in g.mapping.layers:
        w = leaky(dense(layer, w))
    point = (2 * x / (size - 1) - 1, 2 * y / (size - 1) - 1)
    e_fo = [math.sin(row[0] * point[0] + row[1] * point[1]) for row in g.fourier.weight.tolist()]
    e_co = g.embedding.table[y * size + x].tolist()
    phi = leaky(mod_fc(g.first, e_fo + e_co, w))  # Eq. 4: concat
    rgb = [0.0, 0.0, 0.0]
    for block, to_rgb in enumerate(g.to_rgb):
        phi = leaky(mod_fc(g.layers[2 * block], phi, w))
        phi = leaky(mod_fc(g.layers[2 * block + 1], phi, w))
        rgb = [a + b for a, b in zip(rgb, mod_fc(to_rgb, phi, w), strict=True)]
    return rgb


def test_equals_the_equations(generator: Generator):
    z = torch.randn(2, 5, dtype=torch.float64)
    images = generator(z)
    for n in range(2):
        for x, y in ((0, 0), (5, 0), (0, 5), (2, 3), (4, 1)):
            expected = literal_pixel(generator, z[n].tolist(), x, y)
            assert images[n, :, y, x].tolist() == pytest.approx(expected, rel=1e-9)


def test_grid_coordinates_give_the_whole_image(generator: Generator):
    """Coordinates that name the training grid read the embedding table itself."""
    w = generator.mapping(torch.randn(2, 5, dtype=torch.float64))
    coords = pixel_grid(6, 6, dtype=torch.float64)
    torch.testing.assert_close(generator.synthesis(w, coords), generator.synthesis(w))


def test_any_subset_of_pixels_equals_the_subset_of_the_image(generator: Generator):
    w = generator.mapping(torch.randn(3, 5, dtype=torch.float64))
    chosen = torch.randperm(36)[:11]
    subset = generator.synthesis(w, generator.grid[chosen])
    torch.testing.assert_close(subset, generator.synthesis(w)[:, chosen])


def test_moving_one_pixel_changes_only_that_pixel(generator: Generator):
    w = generator.mapping(torch.randn(1, 5, dtype=torch.float64))
    moved = generator.grid.clone()
    moved[17] = torch.tensor([0.123, -0.4])
    change = (generator.synthesis(w, moved) - generator.synthesis(w)).abs().amax(dim=(0, 2))
    assert change[17] > 1e-4
    change[17] = 0
    assert change.max() < 1e-12


def test_each_image_may_have_coordinates_of_its_own(generator: Generator):
    w = generator.mapping(torch.randn(2, 5, dtype=torch.float64))
    coords = torch.rand(2, 9, 2, dtype=torch.float64) * 2 - 1
    both = generator.synthesis(w, coords)
    for n in range(2):
        alone = generator.synthesis(w[n : n + 1], coords[n])
        torch.testing.assert_close(both[n : n + 1], alone)


def test_embedding_blends_between_positions(generator: Generator):
    step = 2 / 5  # between neighbouring pixels of a 6 x 6 grid
    between = torch.tensor([[-1 + 1.25 * step, -1 + 2 * step]], dtype=torch.float64)
    table = generator.embedding.table
    expected = 0.75 * table[2 * 6 + 1] + 0.25 * table[2 * 6 + 2]
    torch.testing.assert_close(generator.embedding(between)[0], expected)
    outside = torch.tensor([[-3.0, 1.5]], dtype=torch.float64)
    torch.testing.assert_close(generator.embedding(outside)[0], table[5 * 6])


def test_parameter_count_of_the_paper():
    """Tab. 4: 45.9 million for the default configuration at 256 px."""
    with torch.device("meta"):
        generator = Generator(
            GeneratorConfig(
                resolution=256,
                width=512,
                blocks=7,
                fourier_dim=512,
                embedding_dim=512,
                style_dim=512,
                mapping_layers=8,
            )
        )
    assert sum(p.numel() for p in generator.parameters()) == 45_910_549


def test_rows_become_images_in_reading_order():
    pixels = torch.arange(2 * 6 * 3, dtype=torch.float32).reshape(2, 6, 3)
    images: Tensor = pixels_to_images(pixels, height=2, width=3)
    assert images[1, :, 1, 2].tolist() == pixels[1, 5].tolist()


@pytest.mark.parametrize("key", ["width", "blocks", "style_dim"])
def test_impossible_sizes_are_named(key: str):
    sizes = dict.fromkeys(GeneratorConfig.__annotations__, 8) | {key: 0}
    with pytest.raises(ValueError, match=f"{key} is 0"):
        GeneratorConfig(**sizes)
