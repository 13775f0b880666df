"""Images that are held out are never trained on, and never measured against."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import REPOSITORY, make_study, with_generators

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import held_out_indices, training_indices
from cipslib.metrics.measurement import measurements_from_json
from replication.datasets.prepare import prepare
from replication.measurements import evaluate
from replication.measurements.common.evaluator import real_sets
from replication.measurements.common.trained_run import load_run
from replication.profile.profile import load_profile, profile_file
from replication.training import train

CARD = {"count": 1000, "held_out": 100, "seed": 3}


def test_each_image_is_in_one_of_both_parts():
    held, trained = held_out_indices(CARD), training_indices(CARD)
    assert (len(held), len(trained)) == (100, 900)
    assert (np.diff(held) > 0).all()
    assert (np.diff(trained) > 0).all()
    np.testing.assert_array_equal(np.sort(np.concatenate((held, trained))), np.arange(1000))


def test_they_are_drawn_from_everywhere():
    """The array may be sorted by person: each tenth of it has its share."""
    tenths = np.bincount(held_out_indices(CARD | {"held_out": 500}) // 100, minlength=10)
    assert tenths.min() > 30


@pytest.mark.parametrize("on_device", ["never", "always"])
def test_an_epoch_shows_each_chosen_image_once_and_no_other(on_device: str):
    images = np.arange(200, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    chosen = training_indices({"count": 200, "held_out": 50, "seed": 0})
    cpu = torch.device("cpu")
    loader = BatchLoader(images, 0, BatchOptions(2), cpu, chosen, on_device)
    for epoch in range(3):
        batch = loader.batch(150 * epoch, 150)
        seen = ((batch.images[:, 0, 0, 0] + 1) * 127.5).round().int()
        assert sorted(seen.tolist()) == chosen.tolist()


@pytest.mark.parametrize("real_images", [None, 50])
def test_numbers_are_taken_against_images_that_were_trained_on(study, real_images: int | None):
    trained = replace(
        load_run(with_generators(study), "faces-cips"),
        evaluation=replace(study.evaluation, real_images=real_images),
        card=CARD,
        real=np.zeros((1000, 16, 16, 3), np.uint8),
        training_indices=training_indices(CARD),
    )
    for drawn in real_sets(trained):
        assert set(drawn.indices) <= set(trained.training_indices)
        assert "from the training set (without the 100 held out)" in drawn.split
    for drawn in real_sets(replace(trained, training_indices=np.arange(1000))):
        assert "held out" not in drawn.split


def test_the_way_through_the_stages(tmp_path: Path, tiny_params: dict, monkeypatch):
    tiny_params["datasets"]["faces"] |= {"count": 60, "held_out": 12}
    profile = make_study(tmp_path, tiny_params)
    prepare(profile.paths, profile.dataset("faces"), "faces")
    card = read_prepared(profile.paths.card("faces"))
    assert (card["count"], card["held_out"], card["seed"]) == (60, 12, 0)
    loaders = []

    class Spy(BatchLoader):
        def __init__(self, *given: object):
            super().__init__(*given)
            loaders.append(self)

    monkeypatch.setattr(train, "BatchLoader", Spy)
    train.train_run(profile, "faces-cips")
    np.testing.assert_array_equal(loaders[0]._chosen, training_indices(card))
    metrics = json.loads(evaluate.evaluate_run(profile, "faces-cips").read_text())
    number = measurements_from_json(metrics)["frechet"]["generated"]
    assert "without the 12 held out" in number.protocol.entries["real_split"]


@pytest.mark.parametrize("name", ["demo", "gpu"])
def test_every_profile_holds_enough_out_for_the_test(name: str):
    """Of n held-out images the closeness that memorisation measures has an error of 1/√(12 n)."""
    profile = load_profile(profile_file(name, REPOSITORY))
    for dataset in {run.dataset for run in profile.runs.values()}:
        assert 1 / np.sqrt(12 * profile.dataset(dataset).held_out) < 0.02
