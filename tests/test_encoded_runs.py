"""The encodings of a profile's runs, from what its stages wrote."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import make_study

from cipslib.checkpoints import save_generator
from cipslib.config import Profile
from cipslib.encoded_runs import (
    described,
    encoded_runs,
    encodings_table,
    findings,
    measure,
    untrained,
)
from cipslib.metrics.encodings import positional_encodings, spatial_structure
from cipslib.models import build_generator


def trained(root: Path, params: dict, runs: dict[str, dict[str, Any]]) -> Profile:
    """A profile whose runs have generators with fresh weights."""
    params["datasets"]["faces"]["resolution"] = 32
    params["runs"] = {
        name: {"dataset": "faces", "model": "cips", **more} for name, more in runs.items()
    }
    study = make_study(root, params)
    torch.manual_seed(0)
    for name, run in study.runs.items():
        path = study.paths.generator(name)
        path.parent.mkdir(parents=True)
        save_generator(path, build_generator(run.generator))
    return study


def test_runs_of_whole_pictures_of_the_plane_are_measured(tmp_path: Path, tiny_params: dict):
    patches = {"size": 8, "spacings": [1], "corners": "uniform", "lookup": "nearest"}
    study = trained(
        tmp_path,
        tiny_params,
        {
            "main": {},
            "ne": {"cips": {"variant": "ne"}},
            "no-fourier": {"cips": {"variant": "no-fourier"}},
            "panorama": {"cips": {"circumference": 64}},
            "patches": {"training": {"patches": patches}},
            "stylegan2": {"model": "stylegan2"},
        },
    )
    found = encoded_runs(study)
    assert {name: set(run.encodings) for name, run in found.items()} == {
        "main": {"fourier", "embedding"},
        "ne": {"fourier"},
        "no-fourier": {"embedding"},
    }
    main = found["main"]
    assert main.plays == "FFHQ"
    assert main.mean == pytest.approx(main.real.mean(axis=0))
    values = positional_encodings(main.generator)["embedding"]
    assert main.encodings["embedding"].structure == spatial_structure(values)
    smooth, rough = main.encodings["fourier"], main.encodings["embedding"]
    assert smooth.frequency.high < rough.frequency.low
    assert smooth.high.high < rough.high.low


def test_an_untrained_table_has_no_structure(tmp_path: Path, tiny_params: dict):
    run = encoded_runs(trained(tmp_path, tiny_params, {"main": {}}))["main"]
    found = untrained(run)
    assert abs(found.structure) < 0.1
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    assert measure(np.stack((x, y, x * y)), run.mean).structure > 0.9
    assert untrained(run).structure == found.structure
    assert untrained(run, seed=1).structure != found.structure


def test_a_profile_may_have_no_such_run(tmp_path: Path, tiny_params: dict):
    assert encoded_runs(trained(tmp_path, tiny_params, {"stylegan2": {"model": "stylegan2"}})) == {}


def test_tables_and_words_have_what_was_measured(tmp_path: Path, tiny_params: dict):
    study = trained(tmp_path, tiny_params, {"main": {}, "ne": {"cips": {"variant": "ne"}}})
    runs = encoded_runs(study)
    said = described(study, runs["main"])
    assert said == "`main`: the variant *main*, images seen: 96, of `faces`, in FFHQ's part"
    white = untrained(runs["main"])
    table = encodings_table(runs.values(), white)
    assert [*table["Run"]] == ["main", "main", "ne", "–"]
    embedding = runs["main"].encodings["embedding"]
    row = table[table["Encoding"] == "coordinate embeddings"].iloc[0]
    assert row["Structure"] == f"{embedding.structure:.3f}"
    assert row["Mean frequency"].startswith(f"{embedding.frequency.value:.3f} [")
    assert len(encodings_table([], None)) == 0
    fig_4, fig_5 = findings(runs["main"], white)
    assert f"{embedding.frequency.value:.3f}; an untrained table" in fig_4
    assert f"p = {embedding.match.p:.3f}" in fig_5
    assert f"noise: {embedding.components.by_chance:.1%}" in embedding.explained
