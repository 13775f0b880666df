"""Synthetic landscapes: the same all round the horizon, level water."""

from functools import cache

import numpy as np

from synthetic import render
from synthetic.drawing.canvas import Canvas
from synthetic.landscapes import View
from synthetic.landscapes.land import Land


@cache
def images(resolution: int) -> np.ndarray:
    return render("landscapes", range(160), resolution, seed=0).astype(np.float64)


def test_they_are_the_same_all_along_the_horizon():
    """So that any piece of a panorama is as likely as any other (Sec. 4.7)."""
    grey = images(16).mean(axis=3)
    assert np.ptp(grey.mean(axis=(0, 1))) < 5  # of 255, what chance leaves of 160 images
    assert np.ptp(grey.mean(axis=(0, 2))) > 30  # while up and down differ


def test_a_turn_of_the_viewer_moves_the_ground_along_the_horizon():
    """The land lies round the viewer: neighbouring images of a panorama join without a seam.

    What is seen at the right edge of one direction is at the left edge of the next.
    """
    land = Land(np.random.default_rng(3))
    canvas = Canvas(32)
    here = View(canvas, land, 0.0, max(land.base, 0.0) + 0.5)
    canvas._axis = canvas._axis + 2.0  # the next image to the right
    there = View(canvas, land, 0.0, max(land.base, 0.0) + 0.5)
    edges = [
        {int(view.line[i]): float(view.away[0, i]) for i in np.flatnonzero(view.column == column)}
        for view, column in ((here, canvas.side - 1), (there, 0))
    ]
    assert abs(len(edges[0]) - len(edges[1])) <= 2
    both = sorted(edges[0].keys() & edges[1].keys())
    ratio = np.array([edges[0][row] / edges[1][row] for row in both])
    assert np.median(np.abs(np.log(ratio))) < 0.05
