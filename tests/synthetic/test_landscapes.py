"""Synthetic landscapes: the same all round the horizon, level water."""

from functools import cache

import numpy as np

from synthetic import render


@cache
def images(resolution: int) -> np.ndarray:
    return render("landscapes", range(160), resolution, seed=0).astype(np.float64)


def test_they_are_the_same_all_along_the_horizon():
    """So that any piece of a panorama is as likely as any other (Sec. 4.7)."""
    grey = images(16).mean(axis=3)
    assert np.ptp(grey.mean(axis=(0, 1))) < 5  # of 255, what chance leaves of 160 images
    assert np.ptp(grey.mean(axis=(0, 2))) > 30  # while up and down differ
