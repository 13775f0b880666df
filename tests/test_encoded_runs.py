"""The encodings of a profile's runs, from what its stages wrote."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import make_study

from cipslib.analysis.encodings import positional_encodings, spatial_structure
from cipslib.datasets.prepared import centres, open_images, read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.networks.files import save_generator
from cipslib.networks.models import build_generator, initial_generator
from replication.figures.encodings import (
    START,
    ZEROED,
    bottom_text,
    component_panels,
    data_set_rows,
    described,
    encoded_runs,
    encodings_table,
    findings,
    measure,
    table_rows,
    zeroed_rows,
    zeroed_text,
)
from replication.profile.profile import Profile


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
    patches = {"size": 8, "dilations": [1], "offsets": "uniform", "interpolation": "nearest"}
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
    assert main.paper_dataset == "FFHQ"
    real = open_images(study.paths.images("faces"), study.datasets["faces"].side)
    chosen = training_indices(read_prepared(study.paths.card("faces")))
    assert main.mean == pytest.approx(centres(real, 32)[chosen].mean(axis=0))
    values = positional_encodings(main.generator)["embedding"]
    assert main.encodings["embedding"].structure == spatial_structure(values)
    smooth, rough = main.encodings["fourier"], main.encodings["embedding"]
    assert smooth.frequency.high < rough.frequency.low
    assert smooth.high.high < rough.high.low


def test_a_table_before_training_has_no_structure(tmp_path: Path, tiny_params: dict):
    run = encoded_runs(trained(tmp_path, tiny_params, {"main": {}}))["main"]
    assert abs(run.start.structure) < 0.1
    assert run.start.frequency.value == pytest.approx(0.383, abs=0.03)
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    assert measure(np.stack((x, y, x * y)), run.mean).structure > 0.9


def test_the_start_is_that_of_the_runs_own_seed(tmp_path: Path, tiny_params: dict):
    study = trained(tmp_path, tiny_params, {"main": {}, "ne": {"cips": {"variant": "ne"}}})
    run = study.runs["main"]
    first = initial_generator(run.generator, run.training.seed, torch.device("cpu"))
    assert encoded_runs(study)["main"].kept < 0.1  # other weights than the run began with
    with torch.no_grad():  # as if a line at the bottom had been learned
        first.embedding.table.view(32, 32, -1)[-2] += 2
    save_generator(study.paths.generator("main"), first)
    runs = encoded_runs(study)
    assert 0.5 < runs["main"].kept < 1
    assert abs(runs["main"].start.structure) < 0.1
    assert runs["main"].learned.bottom > runs["main"].start.bottom + 1
    assert (runs["ne"].start, runs["ne"].learned, runs["ne"].kept) == (None, None, None)


def test_a_profile_may_have_no_such_run(tmp_path: Path, tiny_params: dict):
    assert encoded_runs(trained(tmp_path, tiny_params, {"stylegan2": {"model": "stylegan2"}})) == {}


def test_tables_and_words_have_what_was_measured(tmp_path: Path, tiny_params: dict):
    study = trained(tmp_path, tiny_params, {"main": {}, "ne": {"cips": {"variant": "ne"}}})
    runs = encoded_runs(study)
    said = described(study, runs["main"])
    assert said == "`main`: the variant *main*, images seen: 96, of `faces`, in the part of FFHQ"
    table = encodings_table(runs.values(), runs["main"])
    assert [*table["Run"]] == ["main", "main", "main", "ne", "main"]
    assert [*table["Encoding"]][2:] == [
        f"– what training added ({1 - runs['main'].kept:.1%})",
        "Fourier features",
        "embeddings before training",
    ]
    embedding = runs["main"].encodings["embedding"]
    row = table[table["Encoding"] == "coordinate embeddings"].iloc[0]
    assert row["Structure"] == f"{embedding.structure:.3f}"
    assert row["Mean frequency"].startswith(f"{embedding.frequency.value:.3f} [")
    match = embedding.match
    assert row["R² (moved)"] == f"{match.r2:.3f} ({match.by_chance:.3f})"
    assert row["p"] == f"{match.p:.3f}"
    assert len(encodings_table([], None)) == 0
    assert START not in [*encodings_table(runs.values(), None)["Encoding"]]
    fig_4, fig_5 = findings(runs["main"])
    assert f"{embedding.frequency.value:.3f}; before training it was" in fig_4
    assert f"p = {embedding.match.p:.3f}" in fig_5
    assert f"{runs['main'].kept:.1%} of the embeddings' variance" in fig_5
    assert f"p = {runs['main'].learned.match.p:.3f}" in fig_5
    assert f"(noise: {embedding.components.by_chance:.1%})" in embedding.explained


def test_of_imported_weights_the_start_is_not_known(tmp_path: Path, tiny_params: dict):
    study = trained(tmp_path, tiny_params, {"main": {}})
    theirs = replace(study.runs["main"], imported="theirs.pt")
    run = encoded_runs(replace(study, runs={"main": theirs}))["main"]
    assert (run.learned, run.kept) == (None, None)
    assert run.start.frequency.value == pytest.approx(0.383, abs=0.03)
    assert len(encodings_table([run], run)) == 3
    assert "began with" not in findings(run)[1]


def test_panels_are_of_tables_and_of_what_was_added(tmp_path: Path, tiny_params: dict):
    run = encoded_runs(trained(tmp_path, tiny_params, {"main": {}}))["main"]
    titles, panels = component_panels(run)
    assert len(titles) == len(panels) == 5
    assert titles[3] == f"(b) what training added: {1 - run.kept:.1%}"
    assert (panels[4].picture == run.mean.astype(np.uint8)).all()
    imported = replace(run, learned=None, kept=None)
    assert len(component_panels(imported)[1]) == 4
    (_, tables), (_, added) = table_rows([run, imported, "not run: no time"])
    assert (tables[0].picture == tables[1].picture).all()
    assert (tables[0].picture != added[0].picture).any()
    assert added[0].note == f"structure {run.learned.structure:.3f}"
    absent = [panel.absent for panel in added[1:]]
    assert absent == ["its start is not known", "not run: no time"]
    drawn = np.zeros((32, 32, 3), dtype=np.uint8)
    rows = data_set_rows(["not run: no time", run], drawn)
    assert [len(row) for _, row in rows] == [3, 3]
    assert f"at the bottom {run.learned.bottom:.2f}" in rows[1][1][1].note
    assert rows[0][1][2].picture is drawn
    before = f"{run.start.bottom:.2f}"
    assert rows[0][1][1].note.endswith(f"\n(before training {before})")
    assert bottom_text(run).endswith(f", before training {before}")
    assert "before" not in bottom_text(replace(run, start=None))
    assert "before" not in data_set_rows([replace(run, start=None)], drawn)[0][1][0].note
    assert data_set_rows([run, "not run"], None)[1][1][2].absent == "not run"


def test_zeroed_pictures_stand_in_the_papers_order_with_their_shares():
    kinds = [*ZEROED.values(), "real"]
    energy = {
        run: {
            kind: Measurement(Estimate(share, share, share), Protocol("share", {}))
            for share, kind in zip((0.1, 0.2, 0.3, 0.4, 0.5), kinds, strict=True)
        }
        for run in ("a", "b")
    }
    arrays = {
        f"pictures.{kind}": np.full((4, 2, 2, 3), level, dtype=np.uint8)
        for level, kind in enumerate(kinds)
    }
    rows = zeroed_rows(["b", "a"], {"a": arrays, "b": arrays}, energy)
    assert [run for run, _ in rows] == ["b", "a"]
    panels = rows[0][1]
    assert [panel.picture.min() for panel in panels] == [0, 1, 2, 3]
    assert panels[3].note == "40.0% [40.0%, 40.0%]"
    said = zeroed_text(energy)
    assert "`a` 10.0%, without embeddings 20.0%, without Fourier features 30.0%" in said
    assert "(initial embeddings: 40.0%), of real pictures 50.0%; `b`" in said
