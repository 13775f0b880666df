"""Room around the training image: random crops and free rotations, the whole way."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import change_card, make_study, random_images, refused

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.prepared import centres, open_images
from replication.datasets.prepare import prepare
from replication.measurements import evaluate
from replication.measurements.common.evaluator import real_sets
from replication.profile.profile import Profile
from replication.training import train

NEEDED = 7  # px beside 16 for a square that turns freely: 1 + ⌈15 √2⌉ = 23


def turned(root: Path, params: dict, margin: int) -> Profile:
    """The small profile, whose images may be turned by any angle, prepared."""
    params["datasets"]["faces"] |= {"margin": margin}
    profile = make_study(root, params)
    change_card(profile.paths.source_card("synthetic-faces"), rotation="free")
    prepare(profile.paths, profile.dataset("faces"), "faces")
    return profile


@pytest.mark.parametrize(("side", "first"), [(16, 0), (17, 0), (18, 1), (23, 3)])
def test_the_centre_is_a_view_of_the_middle(side: int, first: int):
    images = random_images(3, side)
    middle = centres(images, 16)
    np.testing.assert_array_equal(middle, images[:, first : first + 16, first : first + 16])
    assert np.shares_memory(middle, images)


def test_with_room_for_every_angle_a_run_is_trained_and_measured(
    tmp_path: Path, tiny_params: dict, monkeypatch
):
    profile = turned(tmp_path, tiny_params, NEEDED)
    path = profile.paths.images("faces")
    refused(r"holds images of shape \(23, 23, 3\), not 16 px", open_images, path, 16)
    card = json.loads(profile.paths.card("faces").read_text())
    assert (card["resolution"], card["margin"]) == (16, NEEDED)
    train.train_run(profile, "faces-cips")
    seen = []
    monkeypatch.setattr(evaluate, "real_sets", lambda run: seen.append(run.real) or real_sets(run))
    evaluate.evaluate_run(profile, "faces-cips")
    np.testing.assert_array_equal(seen[0], open_images(path, 23)[:, 3:19, 3:19])


@pytest.mark.parametrize("resolution", [2, 16, 256])
def test_the_room_is_what_the_diagonal_needs(resolution: int):
    turning = BatchOptions(resolution, rotation="free").least_side
    span = (turning - 1) / (resolution - 1)
    assert span >= np.sqrt(2) > (turning - 2) / (resolution - 1)
    assert BatchOptions(resolution, rotation="quarter").least_side == resolution
