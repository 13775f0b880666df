"""From images to neighbours and the test for copies; `cips neighbours`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import analysed, change_card, make_study, random_images, refused, with_generators

from cipslib.analysis.memorisation import nearest_images
from cipslib.features.weights import TABLE
from cipslib.metrics.descriptors import load_descriptor, pixels
from cipslib.metrics.face_detection import describe_images
from replication.measurements import neighbours as stage
from replication.measurements.common.trained_run import TrainedRun, load_run
from replication.profile.profile import Profile


def test_a_mirrored_copy_is_found_and_counted_once():
    training = random_images(30, 8)
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
    own = describe_images(queries, pixels(8))
    refused("must be 1 to the number of references", nearest_images, own, described, k=31)


# --- the descriptor that the profile names


def test_facenet_takes_crops_as_it_was_trained(weights_file: Callable[[str], Path]):
    """(x - 127.5) / 128, as the package that it is from has it."""
    import torch
    from facenet_pytorch import InceptionResnetV1, fixed_image_standardization

    path, crops = weights_file("facenet"), random_images(2, 160)
    descriptor = load_descriptor("facenet", path.parent)
    network = InceptionResnetV1(classify=False).eval()
    weights = torch.load(path, weights_only=True)
    network.load_state_dict({k: v for k, v in weights.items() if not k.startswith("logits.")})
    with torch.no_grad():
        given = fixed_image_standardization(torch.from_numpy(crops).permute(0, 3, 1, 2).float())
        expected = network(given).numpy()
    assert descriptor.describe(crops) == pytest.approx(expected, abs=1e-6)
    assert descriptor.weights_sha256 == TABLE["facenet"].sha256


# --- the stage


def make_ready(root: Path, params: dict, faces: bool) -> Profile:
    """With an untrained generator in the trained one's place, and eight images held out."""
    params["datasets"]["faces"]["held_out"] = 8
    params["evaluation"]["images"] = 20
    study = with_generators(make_study(root, params))
    change_card(study.paths.card("faces"), faces=faces)
    return study


def test_the_stage_writes_numbers_and_what_figures_need(tiny_params: dict, tmp_path: Path):
    ready = make_ready(tmp_path, tiny_params, faces=False)
    written, numbers, arrays = analysed(ready, "neighbours")
    assert (len(arrays["generated_to_training"]), len(arrays["held_out_to_training"])) == (6, 8)
    trained = load_run(ready, "faces-cips")
    assert (arrays["first.images"] == next(trained.generated_images(6))).all()
    assert arrays["first.neighbours"].shape == (6, 5, 16, 16, 3)
    assert arrays["first.neighbour_boxes"].shape == (6, 5, 4)
    # Taken again, by hand: what is shown is as far apart as is said, turned as it was compared.
    sides = describe_images(arrays["first.images"], pixels(16)).vectors
    near = describe_images(arrays["first.neighbours"][:, 0], pixels(16)).vectors
    apart = np.linalg.norm(sides - near, axis=1)
    assert arrays["generated_to_training"] == pytest.approx(apart, rel=1e-5)
    images = np.load(ready.paths.images("faces"))[trained.training_indices]
    turned = []
    for shown in arrays["first.neighbours"][:, 0]:
        assert any((shown == other).all() for one in images for other in (one, one[:, ::-1]))
        turned.append(not (images == shown).all(axis=(1, 2, 3)).any())
    assert 0 < sum(turned) < 6
    entries = numbers["closer"]["generated"].protocol.entries
    assert entries["held_out_images"] == 8
    assert entries["mirrored"] == "training images are mirrored, too"
    assert 0 <= written["memorisation"]["p"] <= 1


def test_without_held_out_images_nothing_is_tested_and_it_says_so(
    tiny_params: dict, tmp_path: Path
):
    study = make_ready(tmp_path, tiny_params, faces=False)
    change_card(study.paths.card("faces"), held_out=0)
    written, numbers, _ = analysed(study, "neighbours")
    why = "0 held-out images to compare, and at least 2 are needed"
    assert written["memorisation"] == {"untested": why}
    assert numbers["closer"]["generated"] is None


def test_images_without_a_face_have_no_neighbours(
    tiny_params: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A drawn face is found; the untrained generator's noise has none."""
    from synthetic import render

    study = make_ready(tmp_path, tiny_params, faces=True)
    np.save(study.paths.images("faces"), render("faces", range(48), 16, seed=0))
    written, _, arrays = analysed(study, "neighbours")
    assert "0 generated images" in written["memorisation"]["untested"]
    assert arrays == {}
    drawn = render("faces", range(20), 16, seed=1)
    monkeypatch.setattr(TrainedRun, "generated_images", lambda *_: iter([drawn]))
    np.save(study.paths.images("faces"), np.zeros((48, 16, 16, 3), np.uint8))
    message = r"0 of the 40 training images have a face, and 5 .*; does its card say"
    refused(message, analysed, study, "neighbours")


def test_a_turned_box_is_that_of_the_mirror_image():
    boxes = np.array([[1.0, 2.0, 6.0, 9.0], [0.0, 0.0, 16.0, 16.0]])
    assert stage.mirrored_boxes(boxes, 16).tolist() == [[10, 2, 15, 9], [0, 0, 16, 16]]
    assert stage.as_panel_boxes(boxes).tolist() == [[2, 1, 7, 5], [0, 0, 16, 16]]
