"""Features and distances."""

import numpy as np
import pytest
import torch
from distances import frechet_distance

from cipslib.features.extractors import EXTRACTORS, Network, RandomFeatures
from cipslib.metrics.face_detection import faces_found

NETWORK = Network("random", EXTRACTORS["random"], RandomFeatures(), None, torch.device("cpu"))


def exact_gaussian(mean: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Points whose sample mean and covariance are exactly the given (diagonal) ones."""
    dim = len(mean)
    corners = np.concatenate([np.eye(dim), -np.eye(dim)]) * deviations
    return mean + corners * np.sqrt((2 * dim - 1) / 2)


def test_distance_of_two_gaussians_in_closed_form():
    a = exact_gaussian(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    b = exact_gaussian(np.array([1.0, 1.0, 4.0]), np.array([2.0, 2.0, 0.5]))
    expected = 1 + 4 + (1 - 2) ** 2 + 0 + (3 - 0.5) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_distance_to_itself_is_nothing():
    features = np.random.default_rng(0).standard_normal((300, 20))
    assert abs(frechet_distance(features, features)) < 1e-6


@pytest.mark.parametrize("bad", [np.zeros((1, 3)), np.full((4, 3), np.nan)])
def test_what_has_no_distance_is_refused(bad: np.ndarray):
    with pytest.raises(ValueError):
        frechet_distance(np.zeros((4, 3)), bad)


def test_random_features_are_the_protocol():
    """Fixed for ever: a changed network would silently change every number."""
    ramp = np.arange(2 * 32 * 32 * 3, dtype=np.uint32).reshape(2, 32, 32, 3) * 7 % 251
    features = NETWORK.features(ramp.astype(np.uint8))
    assert features.shape == (2, RandomFeatures.DIM)
    assert features.sum() == pytest.approx(FEATURE_SUM, rel=1e-4)


FEATURE_SUM = 224.14136


def test_random_features_see_colour_contrast_and_place():
    random = np.random.default_rng(0)
    base = random.integers(100, 156, (64, 32, 32, 3)).astype(np.uint8)
    half = base.copy()
    half[:, :16] //= 2
    features = {
        "same": random.integers(100, 156, (64, 32, 32, 3)).astype(np.uint8),
        "darker": base // 2,
        "flat": np.broadcast_to(base.mean((1, 2), keepdims=True), base.shape).astype(np.uint8),
        "upper half darker": half,
        "lower half darker": half[:, ::-1].copy(),
    }
    extracted = {name: NETWORK.features(images) for name, images in features.items()}
    reference = NETWORK.features(base)
    floor = frechet_distance(reference, extracted["same"])
    for name in ("darker", "flat", "upper half darker"):
        assert frechet_distance(reference, extracted[name]) > 5 * floor, name
    upside_down = frechet_distance(extracted["upper half darker"], extracted["lower half darker"])
    assert upside_down > 5 * floor


def test_mtcnn_finds_no_face_where_there_is_none():
    random = np.random.default_rng(0)
    assert not faces_found(random.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)).any()
