"""Synthetic churches: solids that hide each other, a church in the middle, watermarks."""

from functools import cache

import numpy as np
import pytest

from synthetic import churches, render
from synthetic.churches.solids import FACES, Camera, Solids, first_hits, shaded
from synthetic.drawing.canvas import Canvas

FRONT, TOP = 0, 4


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


def test_the_sky_is_above_and_the_church_in_the_middle():
    """A photograph's rows differ more than its columns, and most of its detail is in the middle."""
    grey = images(32).mean(axis=3)
    assert np.ptp(grey.mean(axis=(0, 2))) > 30
    detail = np.abs(np.diff(grey, axis=2)).mean(axis=(0, 1))
    assert detail[10:21].mean() > 1.2 * np.concatenate([detail[:5], detail[-5:]]).mean()


def test_rays_meet_the_nearest_face():
    """Two boxes one behind the other, straight ahead, seen from the front and from above."""
    near = (0.0, 10.0, 1.0, 2.0, 1.0, 2.0, 0.0, 2.0)
    far = (0.0, 20.0, 3.0, 2.0, 3.0, 2.0, 0.0, 6.0)
    canvas = Canvas(64)
    camera = Camera(canvas, x=0.0, eye=4.0, away=0.0, zoom=1.0, horizon=0.0)
    inverse, face = first_hits(camera, Solids([near, far], (1.0, 0.0)))

    def at(x: float, y: float) -> tuple[int, float]:
        row, column = (int((1.0 + part) * canvas.side / 2) for part in (-y, x))
        return int(face[row, column]), float(inverse[row, column])

    assert at(0.0, -0.4)[0] == FRONT
    assert at(0.0, -0.4)[1] == pytest.approx(1 / 8)
    assert at(0.0, -0.2)[0] == TOP
    assert at(0.0, 0.05)[0] == FACES + FRONT
    assert at(0.0, 0.05)[1] == pytest.approx(1 / 18)
    assert at(0.8, 0.5) == (-1, 0.0)


def test_a_turned_solid_is_as_large_as_before():
    """A pyramid turned by 60 degrees: its tip stays, its faces' distances from the middle too."""
    row = (0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 3.0)
    straight, turned = Solids([row], (1.0, 0.0)), Solids([row], (0.5, np.sqrt(0.75)))
    np.testing.assert_allclose(turned.offset, straight.offset)
    up = np.array(turned.normal)[:, 0]
    np.testing.assert_allclose((up**2).sum(axis=0), 1.0)
    np.testing.assert_allclose(up[:, :4].T @ [0.0, 3.0, 0.0], turned.offset[0, :4])


def test_a_solid_throws_its_shadow_away_from_the_sun():
    box = Solids([(0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 4.0)], (1.0, 0.0))
    sun = (0.6, 0.8, 0.0)  # from the right: the shadow of a height of 4 is 3 long, to the left
    x = np.array([[-5.0, -3.9, -2.0, 1.5, 3.0]])
    hidden = shaded(box, (x, np.zeros_like(x), np.zeros_like(x)), sun)
    np.testing.assert_array_equal(hidden[0], [False, True, True, False, False])
