"""Synthetic satellite images: seen from straight above, so that no direction is special."""

from functools import cache

import numpy as np
import pytest

from synthetic import render

SETS = ("satellite-buildings", "satellite-landscapes")


@cache
def images(name: str) -> np.ndarray:
    return render(name, range(120), 32, seed=0).astype(np.float64)


@pytest.mark.parametrize("name", SETS)
def test_they_have_no_orientation(name: str):
    """Rotations by 90 degrees are equally likely: as much detail along each axis."""
    grey = images(name).mean(axis=3)
    along, down = (np.abs(np.diff(grey, axis=axis)).mean() for axis in (2, 1))
    assert along == pytest.approx(down, rel=0.08)
    assert np.ptp(grey.mean(axis=0)) < 30  # no place has a look of its own
    assert np.ptp(grey.mean(axis=(0, 1))) < 10  # nor a column
    assert np.ptp(grey.mean(axis=(0, 2))) < 10  # nor a row
