"""Protocols, and the stage that takes all numbers of a run."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from conftest import make_study, small_generator
from networks import scripted_vgg_file

from cipslib.checkpoints import save_generator
from cipslib.config import Profile, load_profile
from cipslib.errors import UserError
from cipslib.metrics import bench
from cipslib.metrics.features import EXTRACTORS, RandomFeatures
from cipslib.metrics.protocol import Number, Protocol, difference
from cipslib.metrics.uncertainty import Estimate
from cipslib.metrics.weights import TABLE
from cipslib.models import build_generator
from cipslib.stages import evaluate
from cipslib.stages.evaluate import evaluate_run
from cipslib.synthesis import Drawing, sample

PROTOCOL = Protocol(
    name="Fréchet distance",
    measure="a formula",
    extractor="a network",
    weights_sha256=None,
    resize="none",
    format="none",
    real_split="random",
    real_images=10,
    generated_images=10,
    truncation="none",
    flips="none",
    lookup="bilinear",
    noise="none",
    seed=1,
    real_sha256="data",
)


def number(value: float, **changes: object) -> Number:
    return Number(Estimate(value, value, value), replace(PROTOCOL, **changes))


def test_a_protocols_hash_is_fixed_and_covers_every_entry():
    assert PROTOCOL.hash == "6c0b1edf7323ad98"
    others = {
        replace(PROTOCOL, **{f.name: 5 if f.type in ("int", int) else "other"}).hash
        for f in fields(Protocol)
    }
    assert len(others | {PROTOCOL.hash}) == len(fields(Protocol)) + 1


def test_numbers_of_two_protocols_are_compared_only_if_the_difference_is_named():
    one, same, other = number(3), number(1), number(1, generated_images=5, seed=2)
    assert difference(one, same) == 2
    with pytest.raises(ValueError, match="differ in generated_images, seed"):
        difference(one, other)
    with pytest.raises(ValueError, match="differ in seed"):
        difference(one, other, despite={"generated_images"})
    assert difference(one, other, despite={"generated_images", "seed"}) == 2


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a finite"):
        Estimate(float("nan"), 0, 0)


# --- the stage


def trained(study: Profile) -> Profile:
    """With an untrained generator in the trained one's place."""
    for name, run in study.runs.items():
        save_generator(study.paths.generator(name), build_generator(run.generator))
    return study


def evaluated(study: Profile) -> dict:
    return json.loads(evaluate_run(study, "faces-cips").read_text())


def changed(study: Profile, **evaluation: object) -> Profile:
    content = yaml.safe_load(study.params_file.read_text())
    content["evaluation"] |= evaluation
    study.params_file.write_text(yaml.safe_dump(content))
    return load_profile(study.params_file)


def test_each_number_has_an_interval_and_a_protocol(study: Profile):
    metrics = evaluated(trained(study))
    names = ["frechet", "frechet_at_infinity", "kernel"]
    names += ["precision", "recall", "density", "coverage"]
    assert list(metrics["numbers"]) == names
    for name in names:
        for kind in ("generated", "real", "untrained"):
            measured = metrics["numbers"][name][kind]
            if name == "frechet_at_infinity":
                assert measured is None  # 24 images for 384 features
                continue
            low, high = measured["interval"]
            assert low <= measured["value"] <= high
            protocol = metrics["protocols"][measured["protocol"]]
            assert "FID" not in protocol["name"] and "KID" not in protocol["name"]
            assert protocol["generated_images"] == protocol["real_images"] == 24
    for kind, value in metrics["frechet"].items():
        assert value == metrics["numbers"]["frechet"][kind]["value"]
        assert metrics["frechet_against_images"][kind][-1] == {"images": 24, "distance": value}
    assert metrics["protocol"]["hash"] in metrics["protocols"]
    assert "24 pictures for 384 features" in metrics["protocol"]["caution"]
    assert metrics["kernel_subsets"]["generated"]["size"] == 24
    assert metrics["faces"]["images"] == 4


def test_the_generated_pictures_are_those_that_sample_draws(study: Profile, monkeypatch):
    """In portions as at once."""
    monkeypatch.setattr(bench, "AT_ONCE", 7)
    generator = small_generator(noise=True)
    real = np.zeros((48, 16, 16, 3), np.uint8)
    cpu = torch.device("cpu")
    drawing = Drawing(noise=3)
    shared = bench.prepare_bench(
        study, "faces", real, np.arange(48), "", generator.config, drawing, cpu
    )
    portions = list(bench.pictures(generator, 16, shared))
    assert [len(p) for p in portions] == [7, 7, 2]
    expected = sample(generator, 16, study.evaluation.seed, drawing=Drawing(noise=3))
    np.testing.assert_array_equal(np.concatenate(portions), expected)


def test_features_of_real_images_are_kept_between_evaluations(study: Profile, monkeypatch):
    first = evaluated(trained(study))
    kept = sorted((study.paths.root / "results/work/statistics").iterdir())
    assert len(kept) == 2  # the reference and the other real images
    seen = []
    module = RandomFeatures.forward
    monkeypatch.setattr(
        RandomFeatures, "forward", lambda self, x: seen.append(len(x)) or module(self, x)
    )
    again = evaluated(study)
    assert again["numbers"] == first["numbers"]
    assert sum(seen) == 2 * 24  # generated and untrained alone
    evaluated(changed(study, seed=5))  # another draw
    assert len(list(kept[0].parent.iterdir())) == 4


def test_the_format_is_part_of_the_protocol(study: Profile):
    none = evaluated(trained(study))
    png = evaluated(changed(study, format="png"))
    jpeg = evaluated(changed(study, format="jpeg85"))
    assert png["frechet"] == none["frechet"] != jpeg["frechet"]
    assert len({m["protocol"]["hash"] for m in (none, png, jpeg)}) == 3
    assert jpeg["protocol"]["format"] == "real images as JPEG of quality 85, generated ones as PNG"


def test_a_reference_of_its_own_size(study: Profile):
    """As for FID-50k of 70,000 pictures: no second set of that many is left."""
    metrics = evaluated(trained(changed(study, real_images=46)))
    numbers = metrics["numbers"]["frechet"]
    protocols = {k: metrics["protocols"][numbers[k]["protocol"]] for k in numbers}
    assert protocols["generated"]["real_images"] == 46
    assert protocols["generated"]["generated_images"] == 24
    assert protocols["real"]["real_images"] == protocols["real"]["generated_images"] == 24
    assert numbers["real"]["protocol"] != numbers["generated"]["protocol"]


def test_more_images_than_there_are_is_an_error(tiny_params: dict, tmp_path: Path):
    tiny_params["evaluation"]["real_images"] = 49
    with pytest.raises(UserError, match="has 48 images; the evaluation needs 49"):
        make_study(tmp_path, tiny_params)


def test_too_few_images_for_intervals_is_an_error(study: Profile):
    with pytest.raises(UserError, match="19 images are too few to evaluate, at least 20"):
        evaluated(trained(changed(study, images=19)))


@pytest.mark.parametrize("option", ["extractor", "manifold_extractor"])
def test_missing_weights_are_no_reason_for_other_features(study, monkeypatch, option: str):
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    with pytest.raises(UserError) as caught:
        evaluated(trained(changed(study, **{option: "vgg16"})))
    message = str(caught.value)
    assert f"evaluation.{option} is vgg16" in message
    assert str(study.paths.root / "data/weights/vgg16.pt") in message
    assert "`cips weights vgg16`" in message
    assert not study.paths.metrics("faces-cips").exists()


def test_distances_and_manifolds_may_see_different_features(study, monkeypatch):
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    study.paths.weights.mkdir(parents=True)
    scripted_vgg_file(study.paths.weights / "vgg16.pt")
    monkeypatch.setitem(TABLE, "vgg16", replace(TABLE["vgg16"], sha256=None))
    metrics = evaluated(trained(changed(study, manifold_extractor="vgg16")))
    protocols = {
        name: metrics["protocols"][metrics["numbers"][name]["generated"]["protocol"]]
        for name in ("frechet", "precision")
    }
    assert protocols["frechet"]["extractor"] == EXTRACTORS["random"].about
    assert protocols["precision"]["extractor"] == EXTRACTORS["vgg16"].about
    assert protocols["precision"]["name"] == "precision, VGG16 features"
    assert protocols["precision"]["weights_sha256"] is not None


def test_names_say_how_many_images_an_fid_has_seen():
    assert [bench._thousands(n) for n in (500, 2500, 50000)] == ["-500", "-2.5k", "-50k"]


@pytest.mark.parametrize(
    ("change", "lookup", "noise"),
    [
        ({"cips": {"circumference": 48}}, "bilinear, of a random window of the cylinder", "none"),
        ({"cips": {"variant": "ne"}}, "none: there is no embedding", "none"),
        ({"model": "stylegan2"}, "none: there is no embedding", "stored with the weights"),
        ({"evaluation": {"lookup": "shifted"}}, "shifted", "none"),
        (
            {"cips": {"noise": True}, "evaluation": {"noise": True}},
            "bilinear",
            "fresh for each picture",
        ),
    ],
)
def test_the_protocol_says_how_pictures_were_drawn(
    tiny_params: dict, tmp_path: Path, change: dict, lookup: str, noise: str
):
    tiny_params["runs"]["faces-cips"]["model"] = change.get("model", "cips")
    for section in ("cips", "evaluation"):
        tiny_params[section] |= change.get(section, {})
    metrics = evaluated(trained(make_study(tmp_path / "other", tiny_params)))
    assert (metrics["protocol"]["lookup"], metrics["protocol"]["noise"]) == (lookup, noise)
    assert metrics["frechet"]["generated"] > 0


def test_the_real_faces_are_not_the_first_of_the_array(study: Profile, monkeypatch):
    """An array may be sorted by who is in the pictures."""
    looked_at = []
    monkeypatch.setattr(evaluate, "face_rate", lambda images: looked_at.append(images) or 1.0)
    evaluated(trained(study))
    real = np.load(study.paths.images("faces"))
    where = [int(np.flatnonzero((real == image).all(axis=(1, 2, 3)))[0]) for image in looked_at[1]]
    assert len({*where}) == 4
    assert max(where) > 8


def test_noise_that_a_generator_lacks_is_refused(tiny_params: dict, tmp_path: Path):
    tiny_params["evaluation"]["noise"] = True
    study = trained(make_study(tmp_path / "other", tiny_params))
    with pytest.raises(UserError, match="noise was asked for, and this generator has none"):
        evaluated(study)
