"""The command `cips`: what it writes, and what it says when something is missing."""

import os
import re
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest
import torch
from conftest import change_card, python, with_generators

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


def test_a_compiler_that_is_missing_is_one_line_and_other_errors_are_not_hidden(cips, monkeypatch):
    said = "InvalidCxxCompiler: No working C++ compiler found"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(said)

    monkeypatch.setattr("replication.training.launch.launch", fail)
    assert "no C++ compiler" in cips("train", "faces-cips")
    said = "another"
    with pytest.raises(RuntimeError, match="another"):
        main(["train", "faces-cips"])


def test_an_interrupt_is_one_line(cips, monkeypatch, capsys):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("replication.training.launch.launch", interrupt)
    assert main(["train", "faces-cips"]) == 130
    assert capsys.readouterr().err == "cips: interrupted\n"


def test_a_profile_says_how_many_threads(cips, study: Profile, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    params = study.params_file.read_text()
    study.params_file.write_text(params.replace("threads: null", "threads: 3"))
    assert main(["configure"]) == 0
    assert os.environ["OMP_NUM_THREADS"] == "3"


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


def change_params(study: Profile, old: str, new: str) -> None:
    study.params_file.write_text(study.params_file.read_text().replace(old, new))


def test_a_run_that_went_past_its_new_end_is_not_passed_off(cips, study: Profile):
    assert main(["train", "faces-cips"]) == 0
    change_params(study, "total_images: 96", "total_images: 40")
    said = cips("train", "faces-cips")
    assert "was trained to 96 images, past total_images (40)" in said


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
    change_params(study, "device: cpu", "device: cuda")
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
    change_params(study, "style_dim: 7", "style_dim: 9")
    assert "has other sizes than run faces-cips now" in cips("evaluate", "faces-cips")


@pytest.mark.parametrize("kind", ["images.npy", "card.json"])
def test_missing_data_are_named(cips, study: Profile, trained: Path, kind: str):
    (study.paths.prepared("faces") / kind).unlink()
    for command in ("train", "evaluate"):
        line = cips(command, "faces-cips")
        assert f"faces/{kind} does not exist: run cips prepare faces first" in line


@pytest.mark.parametrize(
    ("command", "count", "message"),
    [
        ("train", 1, "has 1 images, and run faces-cips needs at least one batch of 8"),
        ("evaluate", 40, "has 40 images; the evaluation needs 48"),
        ("train", 40, "has 40 images; the evaluation needs 48"),  # not afterwards
    ],
)
def test_too_small_a_data_set_is_refused(cips, study: Profile, command, count: int, message: str):
    np.save(study.paths.images("faces"), np.zeros((count, 16, 16, 3), np.uint8))
    change_card(study.paths.card("faces"), count=count)
    assert message in cips(command, "faces-cips")
    assert not study.paths.results.exists()


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
    result = python("-X", "importtime", "-m", "replication.cli", "--help")
    for name in ("doctor", "prepare", "train", "evaluate", "sample", "notebook", "report"):
        assert name in result.stdout
    assert "torch" not in result.stderr  # nothing heavy is imported for a word of help
