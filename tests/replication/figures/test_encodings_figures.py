"""The encodings of a profile's runs, from what its commands wrote."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import make_study, measurement, with_generators

from cipslib.analysis.encodings import positional_encodings, spatial_structure
from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import initial_generator
from replication.figures.encodings import (
    ZEROED,
    encoded_runs,
    encodings_table,
    plot_components,
    plot_encoding_spectra,
    plot_zeroed,
)
from replication.figures.page import Page, Results


def trained(root: Path, params: dict, runs: dict[str, dict[str, Any]]) -> Page:
    """A page of a profile whose runs have generators with fresh weights."""
    params["datasets"]["faces"]["resolution"] = 32
    usual = {"dataset": "faces", "model": "cips"}
    params["runs"] = {name: usual | more for name, more in runs.items()}
    study = with_generators(make_study(root, params))
    page = Page.__new__(Page)  # of this profile, not of the working directory's
    page.whole = page.study = study
    page.paths = study.paths
    return page


def test_runs_with_both_encodings_are_measured(tmp_path: Path, tiny_params: dict):
    runs = {"main": {}, "ne": {"cips": {"variant": "ne"}}, "stylegan2": {"model": "stylegan2"}}
    page = trained(tmp_path, tiny_params, runs)
    found = encoded_runs(page, [*runs, "none"])
    assert [*found] == ["main"]
    main = found["main"]
    chosen = training_indices(read_prepared(page.paths.card("faces")))
    assert main.mean == pytest.approx(page.images("faces")[chosen].mean(axis=0))
    values = positional_encodings(load_generator(page.paths.generator("main")))["embedding"]
    smooth, rough = main.parts["Fourier features"], main.parts["embeddings"]
    assert rough.structure == spatial_structure(values)
    assert smooth.frequency.high < rough.frequency.low
    assert smooth.high.high < rough.high.low


def test_the_start_is_that_of_the_runs_own_seed(tmp_path: Path, tiny_params: dict):
    page = trained(tmp_path, tiny_params, {"main": {}})
    run = page.study.runs["main"]
    parts = encoded_runs(page, ["main"])["main"].parts
    # Other weights than the run began with: what was added is noise.
    assert parts["what training added"].components.explained.sum() < 0.9
    start = parts["embeddings before training"]
    assert start.frequency.value == pytest.approx(0.383, abs=0.03)
    assert abs(start.structure) < 0.1  # a table before training has none
    first = initial_generator(run.generator, run.training.seed, torch.device("cpu"))
    with torch.no_grad():  # as if a line at the bottom had been learned
        first.embedding.table.view(32, 32, -1)[-2] += 2
    save_generator(page.paths.generator("main"), first)
    learned = encoded_runs(page, ["main"])["main"].parts["what training added"]
    assert learned.components.explained.sum() > 0.99


def test_tables_and_figures_have_what_was_measured(tmp_path: Path, tiny_params: dict):
    page = trained(tmp_path, tiny_params, {"main": {}})
    runs = encoded_runs(page, ["main"])
    embedding = runs["main"].parts["embeddings"]
    table = encodings_table(runs.values())
    row = table[table["Encoding"] == "embeddings"].iloc[0]
    assert row["Structure"] == f"{embedding.structure:.3f}"
    assert row["Mean frequency"].startswith(f"{embedding.frequency.value:.3f} [")
    match = embedding.match
    assert row["R² (moved)"] == f"{match.r2:.3f} ({match.by_chance:.3f})"
    assert row["p"] == f"{match.p:.3f}"
    assert len(table) == 4
    assert len(plot_encoding_spectra(runs["main"]).axes) == 4 + 1  # and the scale
    image = np.zeros((32, 32, 3), np.uint8)
    axes = plot_components([*runs.values()], {"main": image}).axes
    assert [len(each.images) for each in axes] == 6 * [1]
    assert axes[1].get_xlabel() == f"structure {embedding.structure:.3f}"


def test_of_imported_weights_the_start_is_not_known(tmp_path: Path, tiny_params: dict):
    page = trained(tmp_path, tiny_params, {"main": {}})
    theirs = replace(page.study.runs["main"], imported="theirs.pt")
    page.whole = replace(page.study, runs={"main": theirs})
    run = encoded_runs(page, ["main"])["main"]
    assert run.parts["what training added"] is None
    assert run.parts["embeddings before training"].frequency.value == pytest.approx(0.383, abs=0.03)
    assert len(encodings_table([run])) == 3
    axes = plot_components([run], {"main": run.mean.astype(np.uint8)}).axes
    assert "not known" in axes[3].texts[0].get_text()


def test_zeroed_images_stand_in_the_papers_order_with_their_shares():
    kinds = [*ZEROED.values(), "real"]
    shares = (measurement(share, 0.01) for share in (0.1, 0.05, 0.4, 0.5))
    energy = dict(zip(kinds, shares, strict=True))
    levels = (np.full((4, 2, 2, 3), level, np.uint8) for level in range(4))
    arrays = {f"images.{kind}": level for kind, level in zip(kinds, levels, strict=True)}
    results = [Results(run, {}, {"high_frequency_energy": energy}, arrays) for run in ("b", "a")]
    axes = plot_zeroed(results).axes
    assert [each.get_ylabel() for each in axes[::3]] == ["b", "a"]
    assert [each.images[0].get_array().min() for each in axes[:3]] == [0, 1, 2]
    assert axes[2].get_xlabel() == "40.0%\n[39.0%, 41.0%]"
