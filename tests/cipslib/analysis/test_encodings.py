"""Positional encodings: components, colours, structure that compares between sizes."""

import numpy as np
import pytest
from conftest import refused, small_generator

from cipslib.analysis.encodings import (
    as_rgb,
    bottom_structure,
    learned_part,
    mean_image_match,
    positional_encodings,
    principal_components,
    spatial_structure,
)


def face(side: int) -> np.ndarray:
    """A mean face in outline: a head, two eyes, a mouth, off the middle; (side, side, 3)."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]

    def blob(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
        return np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2)

    head = blob(0.05, 0.1, 0.6, 0.7)
    eyes = blob(-0.2, -0.1, 0.12, 0.07) + blob(0.3, -0.1, 0.12, 0.07)
    mouth = blob(0.05, 0.5, 0.25, 0.08)
    return np.stack((head + 0.2 * mouth, head - 0.6 * eyes, head - 0.6 * mouth), axis=-1)


def table(side: int, noise: float, features: int = 24, seed: int = 0) -> np.ndarray:
    """A face's three colours mixed into all features, of unit variance, plus white noise."""
    random = np.random.default_rng(seed)
    pattern = np.einsum("hwc,cf->fhw", face(side), random.standard_normal((3, features)))
    pattern -= pattern.mean(axis=(1, 2), keepdims=True)
    pattern /= np.sqrt((pattern**2).mean())
    return pattern + noise * random.standard_normal(pattern.shape)


def white(side: int, features: int = 24, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((features, side, side))


def test_encodings_are_those_of_the_generators_own_grid():
    generator = small_generator()
    encodings = positional_encodings(generator)
    fourier = generator.fourier(generator.grid).detach().numpy()
    assert encodings["fourier"].shape == (4, 6, 6)
    assert (encodings["fourier"][2].ravel() == fourier[:, 2]).all()
    table = generator.embedding.table.numpy(force=True)
    assert (encodings["embedding"][1].ravel() == table[:, 1]).all()
    assert set(positional_encodings(small_generator(variant="ne"))) == {"fourier"}
    assert positional_encodings(small_generator(circumference=9))["embedding"].shape == (3, 6, 9)


def test_components_are_those_of_the_covariance():
    values = table(20, 0.3)
    components = principal_components(values)
    covariance = np.cov(values.reshape(24, -1))
    expected = np.linalg.eigvalsh(covariance)[::-1]
    assert components.maps.var(axis=(1, 2), ddof=1) == pytest.approx(expected[:3])
    assert components.explained == pytest.approx(expected[:3] / expected.sum())
    assert np.cov(components.maps.reshape(3, -1)) == pytest.approx(np.diag(expected[:3]), abs=1e-9)


def test_a_rotation_of_the_features_and_their_signs_change_nothing():
    values = table(20, 0.3)
    expected = principal_components(values)
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((24, 24)))[0]
    for other in (-values, np.einsum("gf,fhw->ghw", rotation, values), values + 5.0):
        components = principal_components(other)
        assert components.maps == pytest.approx(expected.maps, abs=1e-8)
        assert (as_rgb(components) == as_rgb(expected)).mean() > 0.999


def test_structure_is_none_in_noise_and_all_in_what_is_smooth():
    for seed in range(3):
        assert abs(spatial_structure(white(32, seed=seed))) < 0.02
    assert spatial_structure(table(32, 0.0)) > 0.98
    ramp = np.broadcast_to(np.linspace(0, 1, 32), (1, 32, 32))
    assert spatial_structure(ramp) > 0.999  # opposite borders differ, which is no detail
    checks = np.indices((1, 32, 32)).sum(axis=0) % 2
    assert spatial_structure(checks.astype(float)) < 0


def test_a_line_at_the_bottom_is_seen_there_alone():
    noise = white(32)
    assert bottom_structure(noise) == pytest.approx(1, abs=0.35)
    for row, seen in ((31, True), (30, True), (3, False)):
        line = noise.copy()
        line[:, row] += 3
        assert (bottom_structure(line) > 3) == seen, row


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_structure_compares_between_sizes(noise: float):
    """The pattern's part in the variance: explained variance would differ with the size."""
    for side in (32, 64, 128):
        expected = 1 / (1 + noise**2)
        assert spatial_structure(table(side, noise)) == pytest.approx(expected, abs=0.02), side
        few = spatial_structure(table(side, noise, features=12, seed=3))
        assert few == pytest.approx(expected, abs=0.02)


def test_a_table_of_the_mean_face_matches_it_and_noise_does_not():
    mean = face(32)
    match = mean_image_match(principal_components(table(32, 0.5)), mean)
    assert match.r2 > 0.9 > 2 * match.by_chance
    assert match.p < 0.01
    match = mean_image_match(principal_components(white(32)), mean)
    assert match.r2 < 0.05
    assert match.p > 0.05


def test_a_match_is_that_of_every_place_in_turn():
    """Against least squares at each of the places; p is no draw's."""
    components, mean = principal_components(table(17, 2.0)), face(17)
    maps = components.maps.reshape(3, -1).T
    shares = []
    for move in np.ndindex(17, 17):
        moved = np.roll(mean - mean.mean(axis=(0, 1)), move, axis=(0, 1)).reshape(-1, 3)
        left = moved - maps @ np.linalg.lstsq(maps, moved, rcond=None)[0]
        shares.append(1 - (left**2).sum() / (moved**2).sum())
    match = mean_image_match(components, mean)
    assert match.r2 == pytest.approx(shares[0])
    assert match.by_chance == pytest.approx(np.mean(shares[1:]))
    assert match.p == np.mean(np.array(shares) >= shares[0])


def test_the_learned_part_is_what_was_added_to_the_start():
    start, added = white(32), table(32, 0.0)
    learned = learned_part(0.7 * start + 0.1 * added, start)
    assert learned == pytest.approx(0.1 * added, abs=0.05)
    assert (learned * start).sum() == pytest.approx(0, abs=1e-6)
    assert spatial_structure(learned) > 0.95


def test_what_cannot_be_measured_is_named():
    values = table(32, 1.0)
    broken = values.copy()
    broken[0, 0, 0] = np.nan
    for measure in (principal_components, spatial_structure):
        refused("not finite", measure, broken, error=ValueError)
        refused("nothing to compare", measure, values[:0], error=ValueError)
    refused("2 features: a colour needs three components", principal_components, values[:2])
    refused("nothing beyond 8 cycles", spatial_structure, values[:, :10, :10])
    even = np.ones((3, 32, 32))
    refused("the same everywhere", spatial_structure, even, error=ValueError)
    components = principal_components(values)
    refused("16 x 16 px, the encoding 32 x 32", mean_image_match, components, face(16))
    refused("one colour", mean_image_match, components, even.T, error=ValueError)
