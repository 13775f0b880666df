"""Even paths and panoramas without a seam."""

import numpy as np
import pytest
import torch
from conftest import small_generator

from cipslib.analysis.smoothness import (
    cross_fades,
    flat,
    interpolation_paths,
    midway_contrast,
    path_smoothness,
    seam,
)
from cipslib.networks.models import build_generator
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.sampling.latents import sample_latents, sample_w
from cipslib.sampling.panorama import panorama
from cipslib.sampling.synthesis import synthesize


def paths(progress: np.ndarray, count: int = 6) -> np.ndarray:
    """Straight ways between random points, ``progress`` of the way at each point."""
    first, second = np.random.default_rng(0).standard_normal((2, count, 1, 10))
    return first + progress[None, :, None] * (second - first)


def test_an_even_pace_is_one_and_a_half():
    result = path_smoothness(paths(np.linspace(0, 1, 17)))
    for number, expected in ((result.unevenness, 1.0), (result.jumps, 0.5)):
        assert (number.low, number.value, number.high) == pytest.approx((expected,) * 3)


def test_a_jump_is_seen():
    result = path_smoothness(paths((np.linspace(0, 1, 17) > 0.4).astype(float)))
    assert result.unevenness.value == pytest.approx(16)
    assert result.jumps.value == pytest.approx(1)


def test_a_pace_that_changes_smoothly_is_uneven_but_has_no_jump():
    eased = (1 - np.cos(np.linspace(0, np.pi, 65))) / 2
    result = path_smoothness(paths(eased))
    assert result.unevenness.value == pytest.approx(np.pi / 2, rel=0.01)
    assert result.jumps.value == pytest.approx(0.5, abs=0.01)


def test_the_interval_is_over_paths():
    mixed = paths(np.linspace(0, 1, 17))
    mixed[:2] = paths((np.linspace(0, 1, 17) > 0.4).astype(float))[:2]
    jumps = path_smoothness(mixed).jumps
    assert jumps.value == pytest.approx((2 * 1 + 4 * 0.5) / 6)
    assert 0.5 <= jumps.low < jumps.value < jumps.high <= 1


def test_paths_that_cannot_be_judged_are_named():
    good = paths(np.linspace(0, 1, 5))
    for points in (3, 4, 6):
        with pytest.raises(ValueError, match=f"has {points} points, must have an odd number"):
            path_smoothness(paths(np.linspace(0, 1, points)))
    with pytest.raises(ValueError, match="does not move"):
        path_smoothness(np.concatenate((good, np.zeros((1, 5, 10)))))
    with pytest.raises(ValueError, match="not finite"):
        path_smoothness(np.where(good > 0, np.nan, good))
    for few in (good[:1], good[:0]):
        with pytest.raises(ValueError, match="at least two items"):
            path_smoothness(few)


def test_a_cross_fade_is_even_and_loses_contrast_and_a_morph_keeps_it():
    random = np.random.default_rng(0)
    noise = random.uniform(size=(40, 5, 8, 8, 3))  # unrelated images, each with all its edges
    fades = cross_fades(noise)
    np.testing.assert_array_equal(fades[:, [0, -1]], noise[:, [0, -1]])
    assert path_smoothness(flat(fades)).unevenness.value == pytest.approx(1)
    faded, kept = midway_contrast(fades), midway_contrast(noise)
    assert faded.low < 0.5 < faded.high < 0.55
    assert kept.low < 1 < kept.high < 1.1


def test_paths_begin_and_end_at_latents_in_turn():
    generator = small_generator()
    paths = interpolation_paths(generator, seed=3, paths=2, points=5, space="w")
    whole = synthesize(generator, sample_w(generator, 4, seed=3)).reshape(2, 2, 6, 6, 3)
    np.testing.assert_allclose(paths[:, [0, -1]], (whole.numpy() + 1) / 2, atol=1e-9)


def waves(count: int, width: int, period: float) -> np.ndarray:
    """Panoramas of smooth waves at random phases; closed if ``period`` is a divisor of 1."""
    random = np.random.default_rng(0)
    x = np.arange(width) / width
    phase = random.uniform(0, 2 * np.pi, (count, 12, 1, 3))
    values = np.sin(2 * np.pi * x[None, None, :, None] / period + phase)
    return np.round(127.5 + 120 * values).astype(np.uint8)


def test_closed_panoramas_have_no_seam_and_open_ones_have():
    closed = seam(waves(30, 64, 0.5))
    assert closed.low < 1.05
    assert closed.high > 0.95
    open_ = seam(waves(30, 64, 0.8))
    assert open_.low > 3
    rolled = seam(np.roll(waves(30, 64, 0.5), 17, axis=2))
    assert rolled.value == pytest.approx(1, abs=0.1)


def test_a_cylinders_panoramas_close_and_half_of_one_does_not():
    generator = small_generator(circumference=48)
    w = generator.mapping(sample_latents(12, 5, seed=0).double()).detach()
    with torch.no_grad():
        turn = torch.sin(2 * torch.pi * torch.arange(48) / 48)
        generator.embedding.table.view(6, 48, 3).copy_(turn[None, :, None].expand(6, 48, 3))
    closed = seam(panorama(generator, w, width=240))
    assert 0.7 < closed.low < closed.high < 1.3
    assert seam(panorama(generator, w, width=120, angle=180)).low > 3


def test_what_has_no_seam_to_speak_of_is_named():
    values = waves(4, 16, 0.5)
    with pytest.raises(ValueError, match="too few columns"):
        seam(values[:, :, :2])
    with pytest.raises(ValueError, match="denominator is zero"):
        seam(np.zeros_like(values))
    for few in (values[:1], values[:0]):
        with pytest.raises(ValueError, match="at least two items"):
            seam(few)


def test_generators_are_smooth_between_latents():
    convolutional = StyleGAN2Config(
        resolution=8, channel_base=64, channel_max=8, style_dim=5, mapping_layers=2
    )
    for generator in (small_generator(), build_generator(convolutional)):
        drawn = interpolation_paths(generator, seed=0, paths=4, points=17, space="z-spherical")
        found = path_smoothness(flat(drawn))
        assert 1 <= found.unevenness.value < 4  # of 16 steps
        assert 0.4 < found.jumps.value < 0.7


def test_a_cylinders_panoramas_have_no_seam():
    generator = small_generator(circumference=16)
    found = seam(panorama(generator, sample_w(generator, 5, 0)))
    assert found.low < 1 < found.high
