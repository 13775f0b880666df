"""Images in chunks, on windows, with and without what can be left out."""

import pytest
import torch
from conftest import assert_same_images, refused, small_generator, small_stylegan2

from cipslib.analysis.tensor_memory import LiveBytes
from cipslib.networks.coordinates import Window, cell_centers, pixel_grid
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.synthesis import (
    RenderOptions,
    chunk_size_within,
    render,
    sample,
    synthesize,
    to_uint8,
)


def styles(generator: Generator, count: int) -> torch.Tensor:
    z = sample_latents(count, 5, seed=3)
    return generator.mapping(z.to(next(generator.parameters()))).detach()


@pytest.mark.parametrize("at_once", [1, 7, 36, 50, 100])
def test_chunks_equal_the_whole(generator: Generator, at_once: int):
    w, options = styles(generator, 3), RenderOptions(chunk_size=at_once)
    whole = generator.synthesis(w).detach()
    chunked = synthesize(generator, w, None, options)
    torch.testing.assert_close(chunked, whole, rtol=0, atol=1e-13)
    window = Window(5, 9, -0.7, -1.0, 0.2, 0.5)
    whole = generator.synthesis(w, window[:]).detach()
    chunked = synthesize(generator, w, window[:], options)
    torch.testing.assert_close(chunked, whole, rtol=0, atol=1e-13)
    images = to_uint8(whole.transpose(1, 2).reshape(3, 3, 5, 9))
    assert_same_images(render(generator, w, window, options), images)


def test_a_window_is_made_as_it_is_asked_for():
    torch.testing.assert_close(Window(6, 5)[:], pixel_grid(6, 5, torch.float64))
    whole = Window(4, 3, -0.5, 0.0, 0.5, 1.0)
    torch.testing.assert_close(torch.cat((whole[:5], whole[5:12])), whole[:])
    assert whole[:][0].tolist() == [-0.5, 0.0]
    assert whole[:][-1].tolist() == [0.5, 1.0]
    assert Window(1, 1)[:].tolist() == [[0.0, 0.0]]
    assert len(whole) == len(whole[:]) == 12


def test_cells_are_the_centres_of_equal_parts():
    x = cell_centers(2, 4)[0:4][:, 0]
    torch.testing.assert_close(x, torch.tensor([-0.75, -0.25, 0.25, 0.75]).double())


@pytest.mark.parametrize(
    ("coords", "message"),
    [
        (torch.empty(0, 2), "there are no coordinates"),
        (torch.tensor([[0.0, float("nan")]]), r"a coordinate is nan; each must be in \[-1, 1\]"),
        (torch.tensor([[0.0, -1.25]]), r"a coordinate is -1.25; each must be in \[-1, 1\]"),
    ],
)
def test_impossible_coordinates_are_named(coords: torch.Tensor, message: str):
    generator = small_generator()
    refused(message, synthesize, generator, styles(generator, 1), coords)


def test_memory_limits():
    generator = small_generator()
    assert chunk_size_within(generator, 10**6) > chunk_size_within(generator, 10**5) > 1
    message = r"max_memory is 10 bytes; one pixel needs \d+"
    refused(message, chunk_size_within, generator, 10)


@pytest.mark.parametrize("how", [{"interpolation": "shifted"}, {"zero_encoding": "embedding"}])
def test_options_hold_on_the_training_grid_too(how: dict):
    """The released interpolation blurs it."""
    generator = small_generator()
    w = styles(generator, 1)
    expected = generator.synthesis(w, generator.grid, **how).detach()
    drawn = synthesize(generator, w, None, RenderOptions(**how))
    torch.testing.assert_close(drawn, expected)
    assert not torch.allclose(drawn, synthesize(generator, w))


def test_a_images_noise_depends_on_seed_and_number_alone():
    generator = small_generator(noise=True)
    w = styles(generator, 4)
    options = RenderOptions(noise=5)
    many = render(generator, w, None, options)
    for number in range(4):
        alone = render(generator, w[number, None], None, options, first=number)
        assert_same_images(many[number], alone[0])
    assert (many != render(generator, w)).any()
    for other in (render(generator, w, None, RenderOptions(noise=6)), many[1:]):
        same = render(generator, w[:1].expand(4, -1), None, options)
        assert (same[0] != same[1]).any(), "the same style, another number"
        assert (many[: len(other)] != other).any()


def test_noise_is_of_whole_images_and_of_generators_that_have_it():
    generator = small_generator(noise=True)
    w = styles(generator, 1)
    chunked = RenderOptions(noise=1, chunk_size=7)
    refused("all of its 36 pixels, and a chunk has 7", render, generator, w, None, chunked)
    message = "noise was asked for, and this generator has none"
    refused(message, render, small_generator(), w, None, RenderOptions(noise=1))


@pytest.mark.parametrize("widths", [(8, 8), (40, 40)])
@pytest.mark.parametrize("w_per_pixel", [False, True])
def test_the_memory_limit_is_kept(generator: Generator, widths, w_per_pixel: bool):
    generator = small_generator(variant=generator.config.variant, block_widths=widths)
    limit = 2**20
    pixels = chunk_size_within(generator, limit, w_per_pixel)
    w = styles(generator, 1)
    if w_per_pixel:
        w = w[:, None, None].expand(1, 1, pixels, -1)
    coords = torch.rand(pixels, 2, dtype=torch.float64) * 2 - 1
    with torch.inference_mode(), LiveBytes() as memory:
        generator.synthesis(w, coords)
    assert limit / 4 < memory.most < 1.1 * limit  # a tenth for weights and small vectors


def test_stylegan2_draws_whole_images_alone():
    generator = small_stylegan2(noise=True)
    images = sample(generator, 3, seed=0)
    assert images.shape == (3, 8, 8, 3)
    noisy = [sample(generator, n, seed=0, options=RenderOptions(noise=1)) for n in (2, 3)]
    assert_same_images(noisy[0], noisy[1][:2])
    assert (noisy[1] != images).any()
    w = generator.mapping(torch.randn(1, 5))
    refused("StyleGAN2 has no coordinates", render, generator, w, Window(4, 4))
