"""All synthetic sets: the same at every resolution and on every processor, various, natural."""

import hashlib
import json
import os
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import python
from photographs import photograph_crops

import synthetic
from synthetic import RENDERERS, render


@cache
def images(name: str, count: int, resolution: int) -> np.ndarray:
    return render(name, range(count), resolution, seed=0).astype(np.float64)


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("small", [8, 32])
def test_an_image_is_the_same_at_every_resolution(name: str, small: int):
    large = images(name, 8, 128)
    averaged = large.reshape(8, small, 128 // small, small, 128 // small, 3).mean(axis=(2, 4))
    # of 255; two different images differ by ~60
    assert np.abs(averaged - images(name, 8, small)).mean() < 3


# Of images 0 to 23 of seed 3 at 32 px, as they were when the published results were made.
HASHES = {
    "faces": "b74a4cfc1dd043ed2ed9030bd9cb9d1dd0fbf7dd417963bfcfa2c54d35382a56",
    "churches": "9e56ac9a0b0ea487480f80b3390d64be4e7d109d7279c0351d301f1bae4f7eb6",
    "landscapes": "9b1f905132eb4001f86aff4e402837bb61515ec23df6b1b7b0204b2fa85e4471",
    "satellite-buildings": "ef0310bfa402656c5fc2329feebecb720966729a3df81b366237a839898f5e19",
    "satellite-landscapes": "21758f922615885eb189d3eb6beb65d60ffa0b3ebc12ed7c7b23a2f1273c3288",
}


@pytest.mark.parametrize("name", RENDERERS)
def test_the_bytes_stay_as_they_are_and_depend_on_seed_and_index_alone(name: str):
    drawn = render(name, range(24), 32, seed=3)
    assert hashlib.sha256(drawn.tobytes()).hexdigest() == HASHES[name]
    np.testing.assert_array_equal(render(name, [4, 2], 32, seed=3), drawn[[4, 2]])
    assert np.abs(render(name, [4], 32, seed=6).astype(int) - drawn[4]).mean() > 5


HASHING = """
import hashlib, json, numpy, synthetic
hashes = {
    name: hashlib.sha256(synthetic.render(name, range(24), 32, seed=3).tobytes()).hexdigest()
    for name in synthetic.RENDERERS
}
features = numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
print(json.dumps({"hashes": hashes, "features": features}))
"""


def test_the_bytes_are_the_same_on_every_processor():
    """Also without the instructions that NumPy and the C library choose on this machine."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    folders = [str(Path(synthetic.__file__).parents[1]), *filter(None, sys.path)]
    plain = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(found),
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4",
        "PYTHONPATH": os.pathsep.join(folders),
    }
    done = python("-c", HASHING, **plain)
    assert json.loads(done.stdout) == {"hashes": HASHES, "features": []}


def slope(images: np.ndarray) -> float:
    """Exponent of the azimuthally averaged power spectrum, from 0.05 to 0.4 cycles per pixel."""
    grey = images.mean(axis=3)
    side = grey.shape[1]
    window = np.hanning(side)[:, None] * np.hanning(side)
    grey = (grey - grey.mean(axis=(1, 2), keepdims=True)) * window
    power = (np.abs(np.fft.fft2(grey)) ** 2).mean(axis=0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    bands = np.geomspace(0.05, 0.4, 9)
    mean = [power[(frequency >= a) & (frequency < b)].mean() for a, b in pairwise(bands)]
    return float(np.polyfit(np.log(bands[:-1] * bands[1:]) / 2, np.log(mean), 1)[0])


@cache
def slopes_of_photographs() -> tuple[float, ...]:
    """Of crops of 256 pixels, scaled to 64, from eight photographs."""
    return tuple(slope(crops.astype(np.float64)) for crops in photograph_crops(64, each=24))


@pytest.mark.parametrize("name", RENDERERS)
def test_power_falls_with_frequency_as_in_photographs(name: str):
    """The slopes of single photographs span a band; each set's lies within it, give or take 0.2."""
    real = slopes_of_photographs()
    assert min(real) - 0.2 < slope(images(name, 32, 64)) < max(real) + 0.2
