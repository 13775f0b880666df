"""`cips spectra`: curves, distances and encodings of a run."""

from pathlib import Path

import numpy as np
import pytest
from conftest import analysed, make_study, with_generators

from cipslib.analysis.spectra import power_spectrum, spectral_roughness
from cipslib.metrics.measurement import difference
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.sampling.synthesis import RenderOptions, sample
from replication.measurements.common.run import analyse_run
from replication.measurements.common.trained_run import load_run
from replication.profile.profile import Profile
from replication.profile.results import read_results

RUN = "faces-cips"


@pytest.fixture(params=["cips", "stylegan2"])
def ready(request, tiny_params: dict, tmp_path: Path) -> Profile:
    tiny_params["datasets"]["faces"]["resolution"] = 32
    tiny_params["runs"]["faces-cips"]["model"] = request.param
    return with_generators(make_study(tmp_path, tiny_params))


def test_the_stage_writes_numbers_and_curves(ready: Profile):
    _, numbers, arrays = analysed(ready, "spectra")
    for name in ("spectral_distance", "spectral_distance_tail", "high_frequency_energy"):
        generated, real = numbers[name]["generated"], numbers[name]["real"]
        difference(generated, real)  # of one protocol
        assert generated.protocol.entries["window"] == "hann"
        assert generated.protocol.entries["real_images"] == 20
    distance = numbers["spectral_distance"]
    assert distance["generated"].estimate.low > distance["real"].estimate.high
    trained = load_run(ready, "faces-cips")
    drawn = np.concatenate(list(trained.generated_images(20)))
    for kind in ("generated", "real", "reference"):
        low, curve, high = (arrays[f"{kind}.{key}"] for key in ("low", "curve", "high"))
        assert (low <= curve + 1e-9).all() and (curve <= high + 1e-9).all()
    expected = power_spectrum(drawn)
    assert arrays["generated.curve"] == pytest.approx(expected.curve)
    assert arrays["generated.plane"] == pytest.approx(expected.plane)
    rough = numbers["spectral_roughness"]["generated"].estimate
    assert rough.value == pytest.approx(spectral_roughness(expected))
    assert rough.low < rough.value < rough.high


def test_encodings_are_of_those_that_have_them(ready: Profile):
    _, numbers, _ = analysed(ready, "spectra")
    if isinstance(ready.run("faces-cips").generator, StyleGAN2Config):
        assert "encoding_centroid" not in numbers
        return
    centroids = numbers["encoding_centroid"]
    assert set(centroids) == {"fourier", "embedding"}
    # A table starts as white noise; Fourier features start low (Fig. 4).
    assert centroids["embedding"].estimate.value == pytest.approx(0.383, abs=0.03)
    assert centroids["fourier"].estimate.high < centroids["embedding"].estimate.low
    structure = numbers["spatial_structure"]["embedding"]
    assert structure.estimate.value == pytest.approx(0, abs=0.2)
    chance = numbers["p_of_the_match_with_the_mean_image"]["embedding"]
    assert 0 < chance.estimate.value <= 1  # nothing was learned


def test_without_an_encoding_there_is_less_or_more_fine_detail(ready: Profile):
    _, numbers, kept = analysed(ready, "spectra")
    energy = numbers["high_frequency_energy"]
    if isinstance(ready.run("faces-cips").generator, StyleGAN2Config):
        assert set(energy) == {"generated", "real"}
        return
    # A white-noise table is all fine detail, as it is before training (Fig. 6).
    assert energy["without_embedding"].estimate.high < energy["generated"].estimate.low
    trained = load_run(ready, "faces-cips")
    assert (kept["images.generated"] == next(trained.generated_images(4))).all()
    for kind in ("fourier", "embedding"):
        lack, seed = RenderOptions(zero_encoding=kind), trained.evaluation.seed
        lacking = sample(trained.generator, 4, seed, options=lack)
        assert (kept[f"images.without_{kind}"] == lacking).all()
    difference(energy["without_fourier"], energy["generated"])  # of one protocol


def test_half_of_too_few_real_images_is_taken(tiny_params: dict, tmp_path: Path):
    tiny_params["evaluation"]["spectrum_images"] = 30
    tiny_params["datasets"]["faces"]["resolution"] = 32
    study = with_generators(make_study(tmp_path, tiny_params))
    entries = analysed(study, "spectra")[1]["spectral_distance"]["real"].protocol.entries
    assert (entries["real_images"], entries["generated_images"]) == (24, 30)


def test_of_images_too_small_for_structure_there_are_no_numbers_and_it_is_said(study: Profile):
    path = analyse_run(with_generators(study), "spectra", RUN)
    why = "16 x 16 positions have nothing beyond 8 cycles"
    assert read_results(path.parent) == ({"run": RUN, "left_out": why}, {})
