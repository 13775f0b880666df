"""From images to neighbours and the test for copies; `cips neighbours`."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import make_study

from cipslib.analysis.memorisation import memorisation, nearest_images
from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import held_out_indices, training_indices
from cipslib.features.weights import TABLE
from cipslib.metrics.descriptors import load_descriptor, pixels
from cipslib.metrics.face_detection import describe_images
from cipslib.metrics.measurement import measurements_from_json
from cipslib.networks.files import save_generator
from cipslib.networks.models import build_generator
from cipslib.utils.errors import UserError
from replication.measurements import neighbours as stage
from replication.measurements.common.run import analyse_run
from replication.profile.profile import Profile
from replication.profile.results import read_results


def noise(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


def test_a_mirrored_copy_is_found_and_counted_once():
    training = noise(30, 0)
    queries = np.stack((training[7, :, ::-1], training[12]))
    described = describe_images(training, pixels(8), mirrored=True)
    found = nearest_images(describe_images(queries, pixels(8)), described, k=3)
    assert found.indices[:, 0].tolist() == [30 + 7, 12]  # the rows of the mirror image, the image
    assert described.mirrored[found.indices[:, 0]].tolist() == [True, False]
    assert (found.distances[:, 0] < 1e-6).all()
    for row in described.images[found.indices]:
        assert len({*row.tolist()}) == 3
    every = nearest_images(describe_images(queries, pixels(8)), described, k=30)
    assert (np.sort(described.images[every.indices], axis=1) == np.arange(30)).all()
    assert (np.diff(every.distances, axis=1) >= 0).all()
    with pytest.raises(UserError, match="must be 1 to the number of references"):
        nearest_images(describe_images(queries, pixels(8)), described, k=31)


def test_copies_are_told_from_new_images():
    training, held_out = noise(200, 0), noise(60, 1)
    blurred = (training[:60] // 2 + noise(60, 2) // 2).astype(np.uint8)
    references, others = (describe_images(v, pixels(8)) for v in (training, held_out))
    to_train, held_to_train, new_to_train = (
        nearest_images(described, references, 1).distances[:, 0]
        for described in (
            describe_images(blurred, pixels(8)),
            others,
            describe_images(noise(60, 3), pixels(8)),
        )
    )
    assert memorisation(to_train, held_to_train).p < 1e-6
    assert np.median(to_train) < np.median(held_to_train)
    fresh = memorisation(new_to_train, held_to_train)
    assert fresh.closer.low < 0.5 < fresh.closer.high


# --- the descriptor that the profile names


def test_facenet_takes_crops_as_it_was_trained(weights_file: Callable[[str], Path], monkeypatch):
    """(x - 127.5) / 128, as the package that it is from has it."""
    import torch
    from facenet_pytorch import InceptionResnetV1, fixed_image_standardization

    path = weights_file("facenet")
    monkeypatch.setitem(TABLE, "facenet", replace(TABLE["facenet"], size=None, sha256=None))
    crops = np.random.default_rng(0).integers(0, 256, (2, 160, 160, 3), dtype=np.uint8)
    descriptor = load_descriptor("facenet", path.parent)
    network = InceptionResnetV1(classify=False).eval()
    weights = torch.load(path, weights_only=True)
    network.load_state_dict({k: v for k, v in weights.items() if not k.startswith("logits.")})
    with torch.no_grad():
        given = fixed_image_standardization(torch.from_numpy(crops).permute(0, 3, 1, 2).float())
        expected = network(given).numpy()
    assert descriptor.describe(crops) == pytest.approx(expected, abs=1e-6)
    assert len(descriptor.weights_sha256) == 64


def test_no_descriptor_stands_in_for_another(tmp_path: Path):
    with pytest.raises(
        UserError, match=r"evaluation\.descriptor is facenet; there is no .*vggface2"
    ):
        load_descriptor("facenet", tmp_path)
    names = {load_descriptor(name, tmp_path).name for name in ("pixels", "random")}
    assert len(names) == 2


# --- the stage


@pytest.fixture
def ready(tiny_params: dict, tmp_path: Path) -> Profile:
    return make_ready(tmp_path / "ready", tiny_params, faces=False)


def make_ready(root: Path, params: dict, faces: bool) -> Profile:
    """With an untrained generator in the trained one's place, and eight images held out."""
    params["datasets"]["faces"]["held_out"] = 8
    params["evaluation"]["images"] = 20
    study = make_study(root, params)
    card = study.paths.card("faces")
    card.write_text(json.dumps({**json.loads(card.read_text()), "faces": faces, "held_out": 8}))
    for name, run in study.runs.items():
        save_generator(study.paths.generator(name), build_generator(run.generator))
    return study


def test_the_stage_writes_numbers_and_what_figures_need(ready: Profile):
    path = analyse_run(ready, "neighbours", "faces-cips")
    assert path.parent == ready.paths.analysis("faces-cips", "neighbours")
    written, arrays = read_results(path.parent)
    card = read_prepared(ready.paths.card("faces"))
    training, held_out = training_indices(card), held_out_indices(card)
    assert arrays["image"].tolist() == [0, 1, 2, 3, 4, 5]
    assert arrays["neighbours"].shape == arrays["distances"].shape == (6, 5)
    assert np.isin(arrays["neighbours"], training).all()  # rows of the prepared array
    assert (len(arrays["generated_to_training"]), len(arrays["held_out_to_training"])) == (6, 8)
    for kind, count in (("first", 6), ("closest generated", 6), ("closest held_out", 8)):
        assert arrays[f"{kind}.images"].shape == (count, 16, 16, 3)
        assert arrays[f"{kind}.neighbours"].shape == (count, 5, 16, 16, 3)
        assert arrays[f"{kind}.neighbour_boxes"].shape == (count, 5, 4)
    assert (np.diff(arrays["closest generated.distances"][:, 0]) >= 0).all()
    # Taken again, by hand: what is shown is as far apart as is said, turned as it was compared.
    for kind in ("first", "closest generated", "closest held_out"):
        sides = describe_images(arrays[f"{kind}.images"], pixels(16)).vectors
        near = describe_images(arrays[f"{kind}.neighbours"][:, 0], pixels(16)).vectors
        apart = np.linalg.norm(sides - near, axis=1)
        assert arrays[f"{kind}.distances"][:, 0] == pytest.approx(apart, rel=1e-5)
    images = np.load(ready.paths.images("faces"))
    shown, stored = arrays["first.neighbours"][:, 0], images[arrays["neighbours"][:, 0]]
    turned = (shown != stored).any(axis=(1, 2, 3))
    assert (shown[turned] == stored[turned, :, ::-1]).all()
    assert 0 < turned.sum() < 6
    held = images[held_out]
    assert all((held == one).all(axis=(1, 2, 3)).any() for one in arrays["closest held_out.images"])
    numbers = measurements_from_json(written)
    protocol = numbers["closer"]["generated"].protocol
    assert protocol.entries["held_out_images"] == len(held_out) == 8
    assert protocol.entries["mirrored"] == "training images are mirrored, too"
    assert "faces" not in numbers  # the card says that these are none
    assert 0 <= written["memorisation"]["p"] <= 1


def test_training_descriptors_are_kept_between_runs(ready: Profile, monkeypatch):
    first = analyse_run(ready, "neighbours", "faces-cips").read_text()
    described = []
    original = stage.describe_images
    monkeypatch.setattr(
        stage,
        "describe_images",
        lambda images, *how: described.append(1) or original(images, *how),
    )
    again = analyse_run(ready, "neighbours", "faces-cips").read_text()
    assert len(described) == 2  # generated and held out
    assert json.loads(again)["numbers"] == json.loads(first)["numbers"]


def test_without_held_out_images_nothing_is_tested_and_it_says_so(
    tiny_params: dict, tmp_path: Path
):
    study = make_ready(tmp_path / "other", tiny_params, faces=False)
    card = study.paths.card("faces")
    card.write_text(json.dumps({**json.loads(card.read_text()), "held_out": 0}))
    written = json.loads(analyse_run(study, "neighbours", "faces-cips").read_text())
    assert written["memorisation"] == {
        "untested": "0 held-out images to compare, and at least 2 are needed"
    }
    assert written["numbers"]["closer"]["generated"] is None


def test_faces_are_cropped_and_images_without_one_counted(
    tiny_params: dict, tmp_path: Path, monkeypatch
):
    """A drawn face is found; the untrained generator's noise has none: neighbours of nothing."""
    from synthetic import render

    study = make_ready(tmp_path / "faces", tiny_params, faces=True)
    np.save(study.paths.images("faces"), render("faces", range(48), 16, seed=0))
    path = analyse_run(study, "neighbours", "faces-cips")
    written = json.loads(path.read_text())
    rates = measurements_from_json(written)["faces"]
    assert rates["training"].estimate.value > 0.5
    assert rates["generated"].estimate.value == 0
    assert rates["generated"].estimate.high == pytest.approx(0.39, abs=0.01)  # Wilson, of six
    assert "0 generated images" in written["memorisation"]["untested"]
    assert set(read_results(path.parent)[1]) == {
        f"closest held_out.{what}"
        for what in ("images", "boxes", "neighbours", "neighbour_boxes", "distances")
    }
    card = study.paths.card("faces")
    card.write_text(json.dumps({**json.loads(card.read_text()), "held_out": 0}))
    assert (
        read_results(analyse_run(study, "neighbours", "faces-cips").parent)[1] == {}
    )  # nor held-out ones
    np.save(study.paths.images("faces"), np.zeros((48, 16, 16, 3), np.uint8))
    card = study.paths.card("faces")
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": "other"}))
    with pytest.raises(
        UserError, match=r"0 of the 48 training images have a face, and 5 .*; does its card say"
    ):
        analyse_run(study, "neighbours", "faces-cips")


def test_a_turned_box_is_that_of_the_mirror_image():
    boxes = np.array([[1.0, 2.0, 6.0, 9.0], [0.0, 0.0, 16.0, 16.0]])
    assert stage.mirrored_boxes(boxes, 16).tolist() == [[10, 2, 15, 9], [0, 0, 16, 16]]
    assert stage.as_panel_boxes(boxes).tolist() == [[2, 1, 7, 5], [0, 0, 16, 16]]
