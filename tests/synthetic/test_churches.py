"""Synthetic churches: a church in the middle, watermarks."""

from functools import cache

import numpy as np
import pytest

from synthetic import churches, render


@cache
def images(resolution: int) -> np.ndarray:
    return render("churches", range(60), resolution, seed=0).astype(np.float64)


def test_about_a_fifth_have_a_watermark(monkeypatch: pytest.MonkeyPatch):
    """A line of small marks in the lowest rows, the same rows in each image (Fig. 14)."""
    monkeypatch.setattr(churches, "WATERMARKED", 0.0)
    plain = render("churches", range(60), 32, seed=0)
    monkeypatch.undo()
    rows = np.abs(images(32) - plain).max(axis=(2, 3))  # (images, rows)
    marked = rows.max(axis=1) > 0
    assert 0.1 < marked.mean() < 0.3
    assert np.flatnonzero(rows.max(axis=0) > 0).min() >= 28
    assert (rows[marked][:, 29:31] > 0).all()
