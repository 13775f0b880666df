"""Synthetic satellite images: seen from straight above, so that no direction is special."""

from functools import cache

import numpy as np
import pytest

from synthetic import render
from synthetic.drawing.canvas import Canvas
from synthetic.satellite.buildings import _find, _shade
from synthetic.satellite.town import Town

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


def test_landscapes_have_many_colours():
    """Deserts, woods, ice and seas: the images' mean colours spread over hue and brightness."""
    means = images("satellite-landscapes").mean(axis=(1, 2))
    assert (means.std(axis=0) > 20).all()
    assert (means[:, 0] - means[:, 2]).std() > 25


def towns() -> list[Town]:
    return [Town(np.random.default_rng(i), Canvas(32)) for i in range(40)]


def test_houses_stand_on_plots_and_not_on_streets():
    for town in towns():
        s, t = np.meshgrid(np.linspace(0.0, 150.0, 120), np.linspace(0.0, 300.0, 240))
        for house in town.houses[1:]:
            u, v, _, own = _find(town, house, s, t)
            inside = (np.abs(u) < own.half_along) & (np.abs(v) < own.half_deep) & (own.height > 0)
            assert inside.mean() > 0.05
            assert town.off_street(s, t)[0][inside].min() > 0.5 * town.street


def test_shadows_fall_away_from_the_sun():
    """A point is in the shade of a house where a step towards the sun leads into the house."""
    for town in towns()[:5]:
        s, t = np.meshgrid(np.linspace(0.0, 120.0, 90), np.linspace(0.0, 120.0, 90))
        house = town.houses[1]
        town.s, town.t, town.cell = s, t, 0.01
        dark = _shade(town, house) > 0.5
        expected = np.zeros_like(dark)
        for step in np.linspace(0.0, house.height.max() / town.sun[2], 300):
            u, v, _, own = _find(town, house, s + step * town.sun[0], t + step * town.sun[1])
            under = (np.abs(u) < own.half_along) & (np.abs(v) < own.half_deep)
            expected |= under & (step * town.sun[2] < own.height)
        assert (dark == expected).mean() > 0.97
