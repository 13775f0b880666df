"""What sets the synthetic scenes apart: landscapes, buildings, churches."""

from functools import cache

import numpy as np
import pytest

from synthetic import churches, render


@cache
def pictures(name: str, count: int, resolution: int) -> np.ndarray:
    return render(name, range(count), resolution, seed=0).astype(np.float64)


def test_landscapes_are_the_same_all_along_the_horizon():
    """So that any piece of a panorama is as likely as any other (Sec. 4.7)."""
    many = pictures("landscapes", 120, 16).mean(axis=3)
    columns, rows = many.mean(axis=(0, 1)), many.mean(axis=(0, 2))
    assert np.ptp(columns) < 5  # of 255, what chance leaves of 120 pictures
    assert np.ptp(rows) > 40  # while up and down differ


def test_buildings_have_no_orientation():
    """Rotations by 90 degrees are equally likely: as much detail along each axis."""
    many = pictures("satellite-buildings", 60, 32).mean(axis=3)
    along, down = (np.abs(np.diff(many, axis=axis)).mean() for axis in (2, 1))
    assert along == pytest.approx(down, rel=0.08)
    assert np.ptp(many.mean(axis=0)) < 30  # no place has a look of its own


def test_about_a_fifth_of_the_churches_have_a_watermark(monkeypatch: pytest.MonkeyPatch):
    """A line of small marks in the lowest rows, the same rows in each picture (Fig. 14)."""
    marked = pictures("churches", 60, 32)
    monkeypatch.setattr(churches, "WATERMARKED", 0.0)
    plain = render("churches", range(60), 32, seed=0)
    rows = np.abs(marked - plain).max(axis=(2, 3))  # (pictures, rows)
    assert 0.1 < (rows.max(axis=1) > 0).mean() < 0.3
    assert np.flatnonzero(rows.max(axis=0) > 0).min() >= 28
