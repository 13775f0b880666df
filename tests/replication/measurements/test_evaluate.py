"""Protocols, and the stage that takes all numbers of a run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from conftest import make_study, measurement, refused, with_generators

from cipslib.features.extractors import EXTRACTORS, Network
from cipslib.metrics import fid
from cipslib.metrics.intervals import Estimate, proportion
from cipslib.metrics.measurement import (
    DifferentProtocolsError,
    Measurement,
    Protocol,
    difference,
    measurements_from_json,
    measurements_to_json,
)
from cipslib.metrics.metric import Features, Measure, Metric
from cipslib.sampling.synthesis import RenderOptions, sample
from replication.measurements import evaluate
from replication.measurements.common import evaluator, trained_run
from replication.measurements.common.trained_run import load_run
from replication.measurements.evaluate import evaluate_run
from replication.profile.preflight import check_evaluation
from replication.profile.profile import Profile, load_profile
from replication.tables.tables import Footnotes, protocol_table, save_table

ENTRIES = {"measure": "a formula", "weights_sha256": None, "generated_images": 10, "seed": 1}


def number(value: float, **changes: object) -> Measurement:
    return measurement(value, 0.3, "d", **{**ENTRIES, **changes})


def test_a_protocols_hash_is_fixed_and_covers_every_entry():
    protocol = Protocol("d", ENTRIES)
    assert protocol.hash == "2ec85e5a800914e2"
    assert Protocol("d", dict(reversed(ENTRIES.items()))).hash == protocol.hash
    others = {Protocol("d", {**ENTRIES, name: "other"}).hash for name in ENTRIES}
    assert len(others | {protocol.hash, Protocol("d", {"seed": 1}).hash}) == len(ENTRIES) + 2


def test_numbers_of_two_protocols_are_compared_only_if_the_difference_is_named():
    one, same, other = number(3), number(1), number(1, generated_images=5, seed=2)
    assert difference(one, same).value == 2
    refused("differ in generated_images, seed", difference, one, other, error=ValueError)
    with pytest.raises(DifferentProtocolsError, match="differ in seed") as caught:
        difference(one, other, despite={"generated_images"})
    assert caught.value.entries == {"seed": (1, 2)}
    assert difference(one, other, despite={"generated_images", "seed"}).value == 2
    more = number(3, faces=None)  # which the other lacks
    refused("differ in faces", difference, more, same, error=ValueError)


def test_a_differences_interval_covers_the_truth_as_often_as_it_says():
    """Of shares, whose own intervals are lopsided."""
    random, truths, how = np.random.default_rng(0), (0.04, 0.1), Protocol("s", ENTRIES)
    covered = []
    for _ in range(1000):
        both = (Measurement(proportion(random.random(120) < truth), how) for truth in truths)
        found = difference(*both)
        covered.append(found.low <= truths[0] - truths[1] <= found.high)
    assert 0.93 <= np.mean(covered) <= 0.98


def test_numbers_come_back_from_json_as_they_were():
    numbers = {"a": {"real": number(1), "generated": None}, "b": {"real": number(2, seed=5)}}
    numbers["a"]["real"] = replace(number(1), protocol=Protocol("n", ENTRIES, caution="few images"))
    again = measurements_from_json(json.loads(json.dumps(measurements_to_json(numbers))))
    assert again == numbers


# --- numbers beside each other


def test_a_number_of_another_protocol_is_marked_and_explained(tmp_path: Path):
    footnotes = Footnotes(despite={"real_sha256"})
    given = (number(3), None, number(4, real_sha256="other"), number(5, seed=2), number(5))
    shown = [footnotes.show(each, "distance") for each in given]
    assert shown[:3] == ["3.00 [2.70, 3.30]", "–", "4.00 [3.70, 4.30]"]
    assert shown[3:] == ["5.00 [4.70, 5.30]⁽¹⁾", "5.00 [4.70, 5.30]"]
    assert footnotes.show(number(6, seed=2), "another measure") == "6.00 [5.70, 6.30]"
    (line,) = footnotes.lines
    assert line == "⁽¹⁾ Not to be compared with the first of its measure: seed 2, not 1."
    table = pd.DataFrame({"Here": shown})
    assert line in save_table(table, tmp_path, "t", footnotes).data
    saved = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert saved["Notes"].tolist() == ["", "", "", line, ""]


def test_a_caution_is_shown_beside_its_number():
    few = replace(number(1), protocol=Protocol("d", ENTRIES, caution="few images"))
    footnotes = Footnotes()
    assert [footnotes.show(n, "d") for n in (few, few)] == ["1.00 [0.70, 1.30]⁽¹⁾"] * 2
    assert footnotes.lines == ["⁽¹⁾ few images."]


def test_the_table_of_protocols_says_once_what_all_share():
    def run(data: str) -> dict:
        other = measurement(1, name="other", **{**ENTRIES, "real_sha256": data})
        mine = {kind: number(1, real_sha256=data, seed=seed) for kind, seed in (("x", 1), ("y", 7))}
        return {"a_b": {**mine, "z": mine["y"]}, "b": {"x": None}, "c": {"x": other}}

    table = protocol_table({"one": run("d1"), "two": run("d2"), "three": run("d1")})
    shared = "measure: a formula; weights sha256: None; generated images: 10; "
    assert table.to_numpy().tolist() == [
        ["all", shared + "real sha256: d1 (one, three), d2 (two)"],
        ["a b (x)", "name: d; seed: 1"],
        ["a b (y, z)", "name: d; seed: 7"],
        ["c (x)", "name: other; seed: 1"],
    ]
    assert protocol_table({"one": {}}).empty


def test_a_hash_is_shown_by_its_beginning_and_saved_whole(tmp_path: Path):
    sha256 = 4 * "0123456789abcdef"
    shown = save_table(pd.DataFrame({"How": [f"{sha256}, |x| 1.00 [0.50, 2.00]"]}), tmp_path, "t")
    assert f'<abbr title="{sha256}">0123456789ab…</abbr>, \\|x\\|' in shown.data
    assert "[0.50,\N{NO-BREAK SPACE}2.00]" in shown.data
    assert pd.read_csv(tmp_path / "t.csv")["How"][0] == f"{sha256}, |x| 1.00 [0.50, 2.00]"


# --- the stage


def evaluated(study: Profile) -> dict:
    return json.loads(evaluate_run(study, "faces-cips").read_text())


def changed(study: Profile, **evaluation: object) -> Profile:
    content = yaml.safe_load(study.params_file.read_text())
    content["evaluation"] |= evaluation
    study.params_file.write_text(yaml.safe_dump(content))
    return load_profile(study.params_file)


def test_each_number_has_an_interval_and_a_protocol(study: Profile):
    metrics = evaluated(with_generators(study))
    names = ["frechet", "kernel", "precision", "recall", "density", "coverage"]
    assert list(metrics["numbers"]) == [*names, "faces"]
    for name in names:
        for kind in ("generated", "real", "untrained"):
            measured = metrics["numbers"][name][kind]
            low, high = measured["interval"]
            assert low <= measured["value"] <= high
            protocol = metrics["protocols"][measured["protocol"]]
            assert "FID" not in protocol["name"] and "KID" not in protocol["name"]
            assert protocol["generated_images"] == protocol["real_images"] == 24
            few = "24 images for 384 features: most of the distance is bias" in str(protocol)
            assert few == (name == "frechet")
    assert set(metrics) == {"run", "dataset", "numbers", "protocols", "environment"}


def test_face_rates_have_an_interval_and_a_protocol_of_their_own(study: Profile):
    metrics = evaluated(with_generators(study))
    generated, real = (metrics["numbers"]["faces"][kind] for kind in ("generated", "real"))
    assert (generated["value"], real["value"]) == (0, 0)
    assert generated["interval"][1] == pytest.approx(1.96**2 / (4 + 1.96**2), rel=1e-3)  # Wilson
    assert generated["protocol"] == real["protocol"]
    protocol = metrics["protocols"][real["protocol"]]
    assert (protocol["generated_images"], protocol["real_images"]) == (4, 4)
    assert protocol["extractor"].startswith("MTCNN (facenet-pytorch 2.5")
    assert protocol["thresholds"] == "0.6, 0.7, 0.7"
    assert "enlarged to it, bicubic" in protocol["resize"]


def test_the_generated_images_are_those_that_sample_draws(
    tiny_params: dict, tmp_path: Path, monkeypatch
):
    """In portions as at once."""
    monkeypatch.setattr(trained_run, "BATCH", 7)
    tiny_params["cips"]["noise"] = tiny_params["evaluation"]["noise"] = True
    study = with_generators(make_study(tmp_path / "other", tiny_params))
    subject = load_run(study, "faces-cips")
    portions = list(subject.generated_images(16))
    assert [len(p) for p in portions] == [7, 7, 2]
    seed = study.evaluation.seed
    expected = sample(subject.generator, 16, seed, options=RenderOptions(noise=seed))
    np.testing.assert_array_equal(np.concatenate(portions), expected)


def distance(metrics: dict) -> tuple[float, str]:
    """Its value, and its format."""
    number = measurements_from_json(metrics)["frechet"]["generated"]
    return number.estimate.value, number.protocol.entries["format"]


def test_the_format_is_part_of_the_protocol(study: Profile):
    none = evaluated(with_generators(study))
    png = evaluated(changed(study, format="png"))
    jpeg = evaluated(changed(study, format="jpeg85"))
    values, formats = zip(*map(distance, (none, png, jpeg)), strict=True)
    assert values[0] == values[1] != values[2]
    assert len(set(formats)) == 3
    assert formats[2] == "real images as JPEG of quality 85, generated ones as PNG"


def test_a_reference_of_its_own_size(study: Profile):
    """As for FID-50k of 70,000 images: no second set of that many is left."""
    metrics = evaluated(with_generators(changed(study, real_images=46)))
    numbers = metrics["numbers"]["frechet"]
    protocols = {k: metrics["protocols"][numbers[k]["protocol"]] for k in numbers}
    assert protocols["generated"]["real_images"] == 46
    assert protocols["generated"]["generated_images"] == 24
    assert protocols["real"]["real_images"] == protocols["real"]["generated_images"] == 24
    assert numbers["real"]["protocol"] != numbers["generated"]["protocol"]
    read = measurements_from_json(metrics)["frechet"]
    message = "differ in real_split, real_images"
    refused(message, difference, read["generated"], read["real"], error=ValueError)


def test_a_reference_of_all_that_is_trained_on(tmp_path: Path, tiny_params: dict):
    """As where data sets differ in size: each is compared as a whole."""
    tiny_params["datasets"]["faces"]["held_out"] = 5
    tiny_params["evaluation"]["real_images"] = "all"
    subject = load_run(with_generators(make_study(tmp_path, tiny_params)), "faces-cips")
    reference, others, against = evaluator.real_sets(subject)
    assert reference.indices.tolist() == subject.training_indices.tolist()
    assert reference.split == "the whole training set (without the 5 held out)"
    assert len(others.indices) == len(against.indices) == 21
    assert not {*others.indices} & {*against.indices}


@pytest.mark.parametrize(
    ("real_images", "enough", "said"),
    [(49, 49, "needs 49"), (20, 40, "needs 40"), (None, 48, "needs 48: two disjoint sets")],
)
def test_too_small_a_data_set_is_refused(study: Profile, real_images, enough: int, said: str):
    evaluation = replace(study.evaluation, real_images=real_images)
    evaluation.check_enough("faces", enough)
    message = f"faces has {enough - 1} images; .* {said}"
    refused(message, evaluation.check_enough, "faces", enough - 1)


@pytest.mark.parametrize("option", ["extractor", "manifold_extractor", "descriptor"])
def test_missing_weights_are_no_reason_for_other_features(study, monkeypatch, option: str):
    """Neither afterwards nor before."""
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    needy = with_generators(changed(study, **{option: "facenet"}))
    message = refused(f"evaluation.{option} is facenet", evaluated, needy)
    assert str(study.paths.root / "data/weights/20180402-114759-vggface2.pt") in message
    assert "`cips weights facenet`" in message
    assert not study.paths.metrics("faces-cips").exists()
    assert refused(option, check_evaluation, needy, needy.run("faces-cips")) == message


def test_distances_and_manifolds_may_see_different_features(
    study: Profile, monkeypatch, weights_file: Callable[[str], Path]
):
    monkeypatch.setenv("CIPS_WEIGHTS", str(weights_file("vgg16").parent))
    metrics = evaluated(with_generators(changed(study, manifold_extractor="vgg16")))
    protocols = {
        name: metrics["protocols"][metrics["numbers"][name]["generated"]["protocol"]]
        for name in ("frechet", "precision")
    }
    assert protocols["frechet"]["extractor"] == EXTRACTORS["random"].about
    assert protocols["precision"]["extractor"] == EXTRACTORS["vgg16"].about
    assert protocols["precision"]["name"] == "precision, VGG16 features"
    assert protocols["precision"]["weights_sha256"] is not None


def test_names_say_how_many_images_an_fid_has_seen():
    clean = EXTRACTORS["inception-clean"]
    network = Network("inception-clean", clean, torch.nn.Identity(), None, torch.device("cpu"))
    names = [evaluator.number_name(network, fid.METRIC.measures[0], n) for n in (500, 2500, 50000)]
    assert names == [f"FID-{count} (clean-fid)" for count in ("500", "2.5k", "50k")]


NOISY = {"noise": True}
SHIFTED = {"interpolation": "shifted"}
NO_TABLE, FRESH = "none: there is no embedding", "fresh for each image"


@pytest.mark.parametrize(
    ("model", "network", "evaluation", "interpolation", "noise"),
    [
        ("cips", {"circumference": 48}, {}, "bilinear, of a random window of the cylinder", "none"),
        ("cips", {"variant": "ne"}, {}, NO_TABLE, "none"),
        ("stylegan2", {}, {}, NO_TABLE, "stored with the weights"),
        ("stylegan2", {}, NOISY | SHIFTED, NO_TABLE, FRESH),
        ("cips", {}, SHIFTED, "shifted", "none"),
        ("cips", NOISY, NOISY, "bilinear", FRESH),
    ],
)
def test_the_protocol_says_how_images_were_drawn(
    tiny_params: dict, tmp_path: Path, model, network, evaluation, interpolation, noise
):
    tiny_params["runs"]["faces-cips"]["model"] = model
    tiny_params["cips"] |= network
    tiny_params["evaluation"] |= evaluation
    metrics = evaluated(with_generators(make_study(tmp_path / "other", tiny_params)))
    number = measurements_from_json(metrics)["frechet"]["generated"]
    entries = number.protocol.entries
    assert (entries["interpolation"], entries["noise"]) == (interpolation, noise)
    assert number.estimate.value > 0


def test_the_real_faces_are_not_the_first_of_the_array(study: Profile, monkeypatch):
    """An array may be sorted by who is in the images."""
    looked_at = []

    def look(batches: Iterator[np.ndarray], device: torch.device) -> np.ndarray:
        looked_at.append(np.concatenate(list(batches)))
        return np.ones(len(looked_at[-1]), dtype=bool)

    monkeypatch.setattr(evaluate, "faces_found", look)
    evaluated(with_generators(study))
    real = np.load(study.paths.images("faces"))
    where = [int(np.flatnonzero((real == image).all(axis=(1, 2, 3)))[0]) for image in looked_at[1]]
    assert len({*where}) == 4
    assert max(where) > 8


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("evaluation", {"noise": True}, "evaluation.noise is true, and the generator of faces"),
        ("cips", {"circumference": 48}, r"\(circumference 48\): set interpolation to bilinear"),
    ],
)
def test_what_a_generator_cannot_do_is_refused_before_anything_runs(
    tiny_params: dict, tmp_path: Path, section: str, change: dict, said: str
):
    tiny_params["evaluation"]["interpolation"] = "shifted"
    tiny_params[section] |= change
    study = make_study(tmp_path / "other", tiny_params)
    refused(said, check_evaluation, study, study.run("faces-cips"))
    refused(said, evaluated, study)  # there is no generator yet


def test_a_new_metric_of_the_registry_is_measured_and_has_a_protocol(study: Profile, monkeypatch):
    """With no other file than its own and the registry's line."""

    def compute(real: Features, generated: Features) -> dict[str, Estimate]:
        shift = float((real.values.mean(0) - generated.values.mean(0)).norm())
        return {"shift": Estimate(shift, shift, shift)}

    measure = Measure("shift", label="mean shift", formula="|m1 − m2|")
    added = Metric((measure,), network="manifold_extractor", compute=compute)
    monkeypatch.setattr(evaluate, "METRICS", (*evaluate.METRICS, added))
    metrics = evaluated(with_generators(study))
    for kind in ("generated", "real", "untrained"):
        number = metrics["numbers"]["shift"][kind]
        protocol = metrics["protocols"][number["protocol"]]
        assert protocol["name"] == f"mean shift, {EXTRACTORS['random'].label}"
        assert protocol["measure"] == "|m1 − m2|"
        assert number["value"] > 0
