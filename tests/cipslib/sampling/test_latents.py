"""Style vectors: truncation, interpolation, mixing, blending."""

import torch
from conftest import refused, small_generator

from cipslib.networks.generator import Generator
from cipslib.sampling.latents import (
    blend_across,
    compute_w_avg,
    interpolate,
    level_groups,
    level_layers,
    mix,
    sample_latents,
    truncate,
)


def draw_styles(generator: Generator, count: int) -> torch.Tensor:
    return generator.mapping(sample_latents(count, 5, seed=3).double())


def test_a_latent_does_not_depend_on_how_many_are_drawn():
    assert torch.equal(sample_latents(9, 4, seed=1)[:3], sample_latents(3, 4, seed=1))
    assert not torch.equal(sample_latents(3, 4, seed=2), sample_latents(3, 4, seed=1))


def test_the_mean_style_is_that_of_ten_thousand_draws():
    generator = small_generator()
    w = generator.mapping(sample_latents(10_000, 5, seed=4).double())
    torch.testing.assert_close(compute_w_avg(generator, seed=4), w.mean(dim=0, keepdim=True))


def test_truncation_goes_from_the_mean_to_the_style():
    generator = small_generator()
    w, mean = draw_styles(generator, 3), compute_w_avg(generator)
    torch.testing.assert_close(truncate(w, mean, 1.0), w)
    torch.testing.assert_close(truncate(w, mean, 0.0), mean.expand(3, -1))
    torch.testing.assert_close(truncate(w, mean, 0.25), 0.75 * mean + 0.25 * w)
    refused(r"truncation is 1.5, must be in \[0, 1\]", truncate, w, mean, 1.5)


def test_an_interpolation_is_the_line_between_two_styles():
    generator = small_generator()
    ends = sample_latents(2, 5, seed=0).double()
    w = generator.mapping(ends)
    path = interpolate(generator, *ends, 5)
    torch.testing.assert_close(path[[0, 2, 4]], torch.stack((w[0], w.mean(dim=0), w[1])))
    refused("steps is 1, must be at least 2", interpolate, generator, *ends, 1)


def test_levels_are_the_first_layer_and_the_blocks():
    """Fig. 19's eight, of App. A's fifteen layers."""
    generator = small_generator(block_widths=(8,) * 7)
    levels = level_layers(generator)
    assert [len(level) for level in levels] == [1, 2, 2, 2, 2, 2, 2, 2]
    assert levels[-1].stop == generator.config.layers == 15
    assert level_groups(generator) == [(1, 2), (3, 4, 5), (6, 7, 8)]
    assert [len(level) for level in level_layers(small_generator(variant="base"))] == [1, 1, 2]


def test_mixing_replaces_the_styles_of_its_levels(generator: Generator):
    a, b = draw_styles(generator, 2).split(1)
    mixed = mix(generator, a, b, [2])
    replaced = set(level_layers(generator)[1])
    for layer in range(generator.config.layers):
        assert torch.equal(mixed[:, layer], b if layer in replaced else a)
    every = range(1, len(level_layers(generator)) + 1)
    for levels, alone in ((every, b), ([], a)):
        images = generator.synthesis(mix(generator, a, b, levels))
        torch.testing.assert_close(images, generator.synthesis(alone))
    assert not torch.allclose(generator.synthesis(mixed), generator.synthesis(a))


def test_levels_that_do_not_exist_are_named():
    generator = small_generator()
    w = draw_styles(generator, 1)
    for level in (0, 4):
        refused(f"level {level} does not exist: they are 1 to 3", mix, generator, w, w, [level])


def test_blends_close_round_the_cylinder():
    x = torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])
    coords = torch.stack((x, x), dim=1)
    assert blend_across(coords).tolist() == [1.0, 0.5, 0.0, 0.5, 1.0]
