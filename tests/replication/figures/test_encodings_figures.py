"""The encodings of a profile's runs, from what its commands wrote."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import make_study
from matplotlib import pyplot as plt

from cipslib.analysis.encoding_measures import measure_encoding
from cipslib.analysis.encodings import positional_encodings, spatial_structure
from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import build_generator, initial_generator
from replication.figures.encodings import (
    ZEROED,
    bottom_text,
    encoded_runs,
    encodings_table,
    findings,
    plot_components,
    plot_encoding_spectra,
    plot_zeroed,
    table_rows,
    zeroed_statements,
)
from replication.figures.page import Page, Results


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def trained(root: Path, params: dict, runs: dict[str, dict[str, Any]]) -> Page:
    """A page of a profile whose runs have generators with fresh weights."""
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
    page = Page.__new__(Page)  # of this profile, not of the working directory's
    page.whole = page.study = study
    page.paths = study.paths
    return page


def test_runs_of_whole_images_of_the_plane_are_measured(tmp_path: Path, tiny_params: dict):
    patches = {"size": 8, "dilations": [1], "offsets": "uniform", "interpolation": "nearest"}
    runs = {
        "main": {},
        "ne": {"cips": {"variant": "ne"}},
        "no-fourier": {"cips": {"variant": "no-fourier"}},
        "panorama": {"cips": {"circumference": 64}},
        "patches": {"training": {"patches": patches}},
        "stylegan2": {"model": "stylegan2"},
    }
    page = trained(tmp_path, tiny_params, runs)
    found = encoded_runs(page)
    assert {name: set(run.measured.encodings) for name, run in found.items()} == {
        "main": {"fourier", "embedding"},
        "ne": {"fourier"},
        "no-fourier": {"embedding"},
    }
    main = found["main"]
    assert main.paper_dataset == "FFHQ"
    said = "`main`: the variant *main*, images seen: 96, of `faces`, in place of FFHQ"
    assert main.title == said
    chosen = training_indices(read_prepared(page.paths.card("faces")))
    assert main.mean == pytest.approx(page.images("faces")[chosen].mean(axis=0))
    values = positional_encodings(load_generator(page.paths.generator("main")))["embedding"]
    smooth, rough = main.measured.encodings["fourier"], main.measured.encodings["embedding"]
    assert rough.structure == spatial_structure(values)
    assert smooth.frequency.high < rough.frequency.low
    assert smooth.high.high < rough.high.low


def test_the_start_is_that_of_the_runs_own_seed(tmp_path: Path, tiny_params: dict):
    page = trained(tmp_path, tiny_params, {"main": {}, "ne": {"cips": {"variant": "ne"}}})
    run = page.study.runs["main"]
    measured = encoded_runs(page)["main"].measured
    assert measured.kept < 0.1  # other weights than the run began with
    assert measured.start.frequency.value == pytest.approx(0.383, abs=0.03)
    assert abs(measured.start.structure) < 0.1  # a table before training has none
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    mean = np.zeros((32, 32, 3)) + x[..., None]
    assert measure_encoding(np.stack((x, y, x * y)), mean).structure > 0.9
    first = initial_generator(run.generator, run.training.seed, torch.device("cpu"))
    with torch.no_grad():  # as if a line at the bottom had been learned
        first.embedding.table.view(32, 32, -1)[-2] += 2
    save_generator(page.paths.generator("main"), first)
    runs = encoded_runs(page)
    measured, ne = runs["main"].measured, runs["ne"].measured
    assert 0.5 < measured.kept < 1
    assert measured.learned.bottom > measured.start.bottom + 1
    assert (ne.start, ne.learned, ne.kept) == (None, None, None)


def test_a_profile_may_have_no_such_run(tmp_path: Path, tiny_params: dict):
    assert encoded_runs(trained(tmp_path, tiny_params, {"s": {"model": "stylegan2"}})) == {}


def test_tables_figures_and_words_have_what_was_measured(tmp_path: Path, tiny_params: dict):
    runs = encoded_runs(
        trained(tmp_path, tiny_params, {"main": {}, "ne": {"cips": {"variant": "ne"}}})
    )
    main = runs["main"]
    measured, embedding = main.measured, main.measured.encodings["embedding"]
    table = encodings_table(runs.values(), main)
    assert [*table["Run"]] == ["main", "main", "main", "ne", "main"]
    added = f"– what training added ({1 - measured.kept:.1%})"
    assert [*table["Encoding"]][2:] == [added, "Fourier features", "embeddings before training"]
    row = table[table["Encoding"] == "coordinate embeddings"].iloc[0]
    assert row["Structure"] == f"{embedding.structure:.3f}"
    assert row["Mean frequency"].startswith(f"{embedding.frequency.value:.3f} [")
    match = embedding.match
    assert row["R² (moved)"] == f"{match.r2:.3f} ({match.by_chance:.3f})"
    assert row["p"] == f"{match.p:.3f}"
    assert len(encodings_table([], None)) == 0
    assert len(encodings_table(runs.values(), None)) == 4
    fig_4, fig_5, fig_14 = findings(main, [main])
    assert f"{embedding.frequency.value:.3f} of the embeddings" in fig_4
    assert f"(p = {match.p:.3f})" in fig_5 and f"{embedding.structure:.3f}" in fig_14
    assert len(plot_encoding_spectra(main).axes) == 3 + 1  # and the scale
    titles = [axes.get_title().replace("\n", " ") for axes in plot_components(main).axes]
    assert titles[3:] == [f"(b) what training added: {1 - measured.kept:.1%}", "the averaged face"]


def test_of_imported_weights_the_start_is_not_known(tmp_path: Path, tiny_params: dict):
    page = trained(tmp_path, tiny_params, {"main": {}})
    theirs = replace(page.study.runs["main"], imported="theirs.pt")
    page.study = replace(page.study, runs={"main": theirs})
    run = encoded_runs(page)["main"]
    assert (run.measured.learned, run.measured.kept) == (None, None)
    assert run.measured.start.frequency.value == pytest.approx(0.383, abs=0.03)
    assert len(encodings_table([run], run)) == 3
    assert "what training added" not in findings(run, [])[1]
    assert len(plot_components(run).axes) == 4


def test_panels_are_of_tables_and_of_what_was_added(tmp_path: Path, tiny_params: dict):
    run = encoded_runs(trained(tmp_path, tiny_params, {"main": {}}))["main"]
    imported = replace(run, measured=replace(run.measured, learned=None, kept=None))
    (_, tables), (_, added) = table_rows([run, imported, "not run: no time"])
    assert (tables[0].image == tables[1].image).all()
    assert (tables[0].image != added[0].image).any()
    assert added[0].note == f"structure {run.measured.learned.structure:.3f}"
    absent = [panel.absent for panel in added[1:]]
    assert absent == ["its start is not known", "not run: no time"]
    rows = table_rows([run], bottom=True)
    assert f"at the bottom {run.measured.learned.bottom:.2f}" in rows[1][1][0].note
    before = f"before training {run.measured.start.bottom:.2f}"
    assert rows[0][1][0].note.endswith(f"\n{before}")
    assert bottom_text(run).endswith(f", {before}")
    unknown = replace(run, measured=replace(run.measured, start=None))
    assert "before" not in bottom_text(unknown)
    assert "before" not in table_rows([unknown], bottom=True)[0][1][0].note


def test_zeroed_images_stand_in_the_papers_order_with_their_shares():
    kinds = [*ZEROED.values(), "real"]
    shares = zip(kinds, (0.1, 0.05, 0.3, 0.4, 0.5), strict=True)
    energy = {
        kind: Measurement(Estimate(share, share, share), Protocol("share", {}))
        for kind, share in shares
    }
    arrays = {
        f"images.{kind}": np.full((4, 2, 2, 3), level, dtype=np.uint8)
        for level, kind in enumerate(kinds)
    }
    results = [Results(run, {}, {"high_frequency_energy": energy}, arrays) for run in ("b", "a")]
    axes = plot_zeroed(results).axes
    assert [each.get_ylabel() for each in axes[::4]] == ["b", "a"]
    assert [each.images[0].get_array().min() for each in axes[:4]] == [0, 1, 2, 3]
    assert axes[3].get_xlabel() == "40.0%\n[40.0%, 40.0%]"
    sides = [row[2:] for row in zeroed_statements(results[:1])]
    assert sides == [
        ("below", energy["without_embedding"], energy["generated"]),
        ("above", energy["without_fourier"], energy["generated"]),
        ("below", energy["without_fourier"], energy["initial_embedding"]),
    ]
