"""The test for copies."""

import numpy as np
import pytest
import torch
from conftest import refused

from cipslib.analysis.memorisation import memorisation
from cipslib.metrics.knn import nearest_neighbours


def distances_to(train: np.ndarray, images: np.ndarray) -> np.ndarray:
    return nearest_neighbours(torch.from_numpy(images), torch.from_numpy(train), 1).distances[:, 0]


def draw(count: int, seed: int) -> np.ndarray:
    """Images of one source: 12 numbers each."""
    return np.random.default_rng(seed).standard_normal((count, 12))


def test_a_generator_that_copies_is_found_out():
    train, held_out = draw(400, 0), draw(150, 1)
    noise = np.random.default_rng(2).standard_normal((150, 12))
    for blur in (0.0, 0.1, 0.4):
        copies = train[:150] + blur * noise
        result = memorisation(distances_to(train, copies), distances_to(train, held_out))
        assert result.p < 1e-6, blur
        assert result.closer.low > 0.6


def test_a_few_copies_among_poor_images_are_found_out():
    """On the whole they are farther than held-out images; the closest are copies."""
    train, held_out = draw(400, 0), draw(300, 1)
    generated = 1.5 * draw(300, 2)
    generated[:8] = train[:8]
    result = memorisation(distances_to(train, generated), distances_to(train, held_out))
    assert result.closer.high < 0.5
    assert result.p < 0.05


def test_new_images_of_the_same_source_are_not_accused():
    """The test is wrong no more often than it says, and its interval covers 0.5 as often."""
    train = draw(300, 0)
    pairs = [(draw(60, 2 * seed + 1), draw(90, 2 * seed + 2)) for seed in range(200)]
    results = [memorisation(*(distances_to(train, each) for each in pair)) for pair in pairs]
    assert np.mean([result.p < 0.05 for result in results]) <= 0.07
    covered = [result.closer.low <= 0.5 <= result.closer.high for result in results]
    assert 0.9 <= np.mean(covered) <= 0.99


def test_the_effect_is_the_share_of_pairs():
    generated, held_out = np.array([1.0, 2.0, 5.0]), np.array([2.0, 3.0])
    closer = memorisation(generated, held_out).closer
    assert closer.value == pytest.approx((1 + 0.75 + 0) * 2 / 6 + (0.25 * 0))
    assert 0 <= closer.low < closer.value < closer.high <= 1


def test_distances_that_are_none_are_refused():
    good = np.array([1.0, 2.0, 3.0])
    refused("two held-out images, there are 1", memorisation, good, good[:1], error=ValueError)
    broken, message = np.array([1.0, np.nan]), "generated image is negative or not finite"
    refused(message, memorisation, broken, good, error=ValueError)
