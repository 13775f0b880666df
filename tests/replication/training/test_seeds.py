"""Several trainings of one run: what is trained, what is published, and what is refused."""

import json
import signal
from pathlib import Path

import numpy as np
import torch
from conftest import make_study

from cipslib.networks.files import load_generator
from cipslib.training.trainer import Trainer
from replication.profile.profile import Profile
from replication.tables.summaries import images_text, time_text
from replication.training.train import train_run

RUN = "faces-cips"


def seeded(folder: Path, params: dict, *seeds: int) -> Profile:
    """The tiny profile with these seeds."""
    return make_study(folder, {**params, "training": {**params["training"], "seeds": [*seeds]}})


def weights(file: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_generator(file).parameters()])


def work(study: Profile) -> Path:
    return study.paths.root / "results" / "work" / "demo"


def test_a_seed_more_trains_that_one_alone_and_one_less_leaves_nothing_behind(
    tmp_path: Path, tiny_params: dict, capsys
):
    """Each is the training that it is alone; the first one's files are the run's own."""
    study = seeded(tmp_path / "both", tiny_params, 3)
    train_run(study, RUN)
    first = study.paths.generator(RUN).read_bytes()
    capsys.readouterr()
    assert train_run(seeded(tmp_path / "both", tiny_params, 3, 0), RUN)
    said = capsys.readouterr().err
    assert f"{RUN}, seed 3: trained to its end already, 96 images" in said
    assert said.count("trained to its end already") == 1
    assert study.paths.generator(RUN).read_bytes() == first
    alone = seeded(tmp_path / "alone", tiny_params, 0)
    train_run(alone, RUN)
    (folder,) = work(alone).glob(f"{RUN}-*")  # kept under the same fingerprint
    assert (work(study) / folder.name).is_dir()
    own = alone.paths.generator(RUN).read_bytes()
    assert study.paths.generator(RUN, 0).read_bytes() == own
    for seed, other in ((3, None), (0, 0)):
        summary = json.loads(study.paths.summary(RUN, other).read_text())
        assert (summary["seed"], summary["images_seen"], summary["stopped"]) == (seed, 96, None)
    files = {"generator.safetensors", "log", "summary.json"}
    training = study.paths.training(RUN)
    assert {p.name for p in training.iterdir()} == files | {"grids", "seeds"}
    assert {p.name for p in (training / "seeds" / "0").iterdir()} == files
    train_run(seeded(tmp_path / "both", tiny_params, 3), RUN)
    assert not study.paths.training(RUN, 0).exists()


def test_a_signal_ends_the_seed_at_hand_and_the_same_command_goes_on_there(
    tmp_path: Path, tiny_params: dict, monkeypatch, capsys
):
    study, step = seeded(tmp_path, tiny_params, 0, 1), Trainer.step
    before = signal.getsignal(signal.SIGINT)

    def step_with_signal(trainer: Trainer) -> dict[str, torch.Tensor]:
        if (trainer.config.seed, trainer.state.images_seen) == (1, 16):
            signal.raise_signal(signal.SIGINT)
        return step(trainer)

    monkeypatch.setattr(Trainer, "step", step_with_signal)
    assert train_run(study, RUN) is None
    assert f"{RUN}, seed 1: stopped at 24 images: SIGINT" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
    assert not study.paths.training(RUN).exists()
    monkeypatch.undo()
    train_run(study, RUN)
    assert f"{RUN}, seed 1: going on at 24 images" in capsys.readouterr().err
    assert not torch.equal(*(weights(study.paths.generator(RUN, other)) for other in (None, 1)))


def test_a_seed_that_diverged_is_published_with_its_reason_and_the_others_go_on(
    tmp_path: Path, tiny_params: dict, monkeypatch
):
    study, step = seeded(tmp_path, tiny_params, 0, 1, 2), Trainer.step

    def broken_step(trainer: Trainer) -> dict[str, torch.Tensor]:
        losses = step(trainer)
        if (trainer.config.seed, trainer.state.images_seen) == (1, 56):
            next(trainer.state.generator.parameters()).data.fill_(np.nan)
        return losses

    monkeypatch.setattr(Trainer, "step", broken_step)
    train_run(study, RUN)
    summaries = [json.loads(study.paths.summary(RUN, o).read_text()) for o in (None, 1, 2)]
    assert [s["images_seen"] for s in summaries] == [96, 48, 96]
    assert [s["stopped"] is None for s in summaries] == [True, False, True]
    assert "training diverged" in summaries[1]["stopped"]
    first = summaries[0]
    assert [other["seed"] for other in first["other_seeds"]] == [1, 2]
    assert "other_seeds" not in summaries[1]
    assert time_text(first) == f"{sum(s['seconds'] for s in summaries):.0f} s"
    assert images_text(first).startswith("seed 0: 96; seed 1: 48, then training diverged: ")
