"""The command `cips`: what it writes, and what it says when something is missing."""

import json
import re
import subprocess
import sys
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest
import torch
from conftest import assert_same_images, with_generators
from PIL import Image

from cipslib.networks.files import load_generator
from cipslib.sampling.synthesis import sample
from replication.cli import main, parser
from replication.profile.profile import Profile


@pytest.fixture
def trained(study: Profile) -> Path:
    return with_generators(study).paths.generator("faces-cips")


@pytest.fixture
def cips(study: Profile, capsys, monkeypatch):
    """Runs a command in the small profile's folder; returns the line that it complained with."""
    monkeypatch.chdir(study.paths.root)

    def run(*arguments: str) -> str:
        assert main(list(arguments)) == 1
        line = capsys.readouterr().err.strip().splitlines()[-1]
        assert line.startswith("cips: ")
        return line

    return run


def test_sample_writes_images_that_remember_their_seed(trained: Path, tmp_path: Path):
    out = tmp_path / "images"
    assert main(["sample", str(trained), "--n", "3", "--seed", "7", "--out", str(out)]) == 0
    files = sorted((out / "images-n3-seed7").iterdir())
    assert [file.name for file in files] == [*(f"{i:04d}.png" for i in range(3)), "sheet.png"]
    image = Image.open(files[2])
    assert image.text["seed"] == "7"
    expected = sample(load_generator(trained), 3, seed=7)[2]
    assert_same_images(np.asarray(image), expected)


def test_a_profile_is_found_from_any_folder_of_the_clone_and_others_are_named(
    cips, study: Profile, monkeypatch, capsys
):
    (study.paths.root / "dvc.yaml").touch()
    monkeypatch.chdir(study.paths.root / "data")
    assert main(["configure"]) == 0
    (study.paths.root / "profiles" / "mine").mkdir(parents=True)
    (study.paths.root / "profiles" / "mine" / "params.yaml").touch()
    line = cips("configure", "--params", "profiles/other/params.yaml")
    assert line.endswith("profiles/other/params.yaml; profiles are demo, mine")


def test_training_twice_goes_on_where_it_stopped(
    trained: Path, study: Profile, monkeypatch, capsys
):
    monkeypatch.chdir(study.paths.root)
    assert main(["train", "faces-cips"]) == 0
    first = trained.read_bytes()
    capsys.readouterr()
    assert main(["train", "faces-cips"]) == 0
    assert "trained to its end already, 96 images" in capsys.readouterr().err
    assert trained.read_bytes() == first
    assert main(["train", "faces-cips", "--fresh"]) == 0
    assert "going on" not in capsys.readouterr().err
    assert trained.read_bytes() == first


def test_a_run_that_went_past_its_new_end_is_not_passed_off(cips, study: Profile):
    assert main(["train", "faces-cips"]) == 0
    params = study.params_file.read_text()
    study.params_file.write_text(params.replace("total_images: 96", "total_images: 40"))
    line = cips("train", "faces-cips")
    assert "was trained to 96 images, past total_images (40)" in line


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("train", "faces"), "has no run 'faces'; it has: faces-cips"),
        (("evaluate", "faces"), "has no run 'faces'; it has: faces-cips"),
        (("prepare", "cats"), "has no data set 'cats'; it has: faces"),
        (("evaluate", "faces-cips"), "generator.safetensors does not exist"),
        (("sample", "nowhere.safetensors"), "nowhere.safetensors does not exist"),
        (("weights", "resnet"), "weights is 'resnet', must be one of inception, "),
    ],
)
def test_what_is_not_there_is_named(cips, command: tuple[str, ...], message: str):
    assert message in cips(*command)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_missing_gpu_is_named(cips, study: Profile):
    params = study.params_file.read_text()
    study.params_file.write_text(params.replace("device: cpu", "device: cuda"))
    assert "device is cuda, but torch sees no GPU here" in cips("train", "faces-cips")


def test_what_cannot_be_sampled_is_named(cips, study: Profile, trained: Path):
    (study.paths.root / "taken").write_text("")
    said = cips("sample", str(trained), "--out", "taken")
    assert "cannot write taken/images/0000.png: Not a directory" in said
    folder = str(trained.parent)
    assert "is a folder: name the generator.safetensors in it" in cips("sample", folder)
    trained.write_bytes(trained.read_bytes()[:-100])
    assert "generator.safetensors is not a whole safetensors file" in cips("sample", str(trained))


def test_data_that_do_not_fit_are_refused(cips, study: Profile):
    np.save(study.paths.images("faces"), np.zeros((48, 8, 8, 3), np.uint8))
    said = cips("train", "faces-cips")
    assert "images of shape (8, 8, 3), not 16 px: run cips prepare faces first" in said
    study.paths.card("faces").write_text('{"count": 4')
    assert "cannot read" in cips("train", "faces-cips")


def test_a_generator_of_other_sizes_is_not_measured(cips, study: Profile, trained: Path):
    params = study.params_file.read_text()
    study.params_file.write_text(params.replace("style_dim: 7", "style_dim: 9"))
    assert "has other sizes than run faces-cips now" in cips("evaluate", "faces-cips")


@pytest.mark.parametrize("kind", ["images.npy", "card.json"])
def test_missing_data_are_named(cips, study: Profile, trained: Path, kind: str):
    (study.paths.prepared("faces") / kind).unlink()
    for command in ("train", "evaluate"):
        line = cips(command, "faces-cips")
        assert f"faces/{kind} does not exist: run cips prepare faces first" in line


def replace_images(study: Profile, count: int) -> None:
    np.save(study.paths.images("faces"), np.zeros((count, 16, 16, 3), np.uint8))
    card = study.paths.card("faces")
    card.write_text(json.dumps(json.loads(card.read_text()) | {"count": count}))


def test_too_small_a_data_set_is_refused(cips, study: Profile):
    replace_images(study, 1)
    line = cips("train", "faces-cips")
    assert "has 1 images, and run faces-cips needs at least one batch of 8" in line
    assert not study.paths.training("faces-cips").exists()


def test_too_few_real_images_for_the_numbers_are_refused(cips, study: Profile, trained: Path):
    replace_images(study, 40)
    assert "has 40 images; the evaluation needs 48" in cips("evaluate", "faces-cips")
    assert not study.paths.metrics("faces-cips").exists()
    assert "has 40 images; the evaluation needs 48" in cips("train", "faces-cips")  # not afterwards


def test_a_missing_result_stops_the_report(cips, study: Profile):
    assert "does not exist" in cips("report")
    assert "dvc.yaml cannot be read" in cips("repro")


COMMANDS = re.findall("^ {4}([a-z-]+)", parser().format_help(), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_calls_a_function_that_takes_what_is_given(command: str):
    given = vars(parser().parse_known_args([command, "a", "b", "--images", "c"])[0])
    function, of_profile = resolve_name(given.pop("function")), given.pop("params", None)
    given = {key: value for key, value in given.items() if key not in ("command", "noted")}
    signature(function).bind(*([of_profile] if of_profile else []), **given)


def test_help_is_quick_and_lists_the_commands():
    command = [sys.executable, "-X", "importtime", "-m", "replication.cli", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in ("doctor", "prepare", "train", "evaluate", "sample", "notebook", "report"):
        assert name in result.stdout
    assert "torch" not in result.stderr  # nothing heavy is imported for a word of help
