"""What goes over from one image to another with a group of layers."""

import numpy as np
import pytest
from conftest import refused

from cipslib.analysis.mixing import PROPERTIES, properties, specialisation, transfers

SIDE, COUNT = 32, 24


def images(shapes_seed: int, colours_seed: int, count: int = COUNT) -> np.ndarray:
    """A disc at a random place and of a random size before a ground; both of random colours."""
    shapes = np.random.default_rng(shapes_seed).uniform(size=(count, 3))
    colours = np.random.default_rng(colours_seed).integers(0, 256, (count, 2, 3))
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    centre_x, centre_y, radius = (shapes[:, i, None, None] for i in range(3))
    inside = np.hypot(x - centre_x, y - centre_y) < 0.2 + 0.2 * radius
    disc, ground = (colours[:, i, None, None].astype(np.uint8) for i in range(2))
    return np.where(inside[..., None], disc, ground)


A, B = images(1, 2), images(3, 4)
SHAPE_OF_B, COLOURS_OF_B = images(3, 2), images(1, 4)


def test_all_or_nothing_goes_over():
    found = transfers(A, B, {"all": B, "nothing": A})
    for name in PROPERTIES:
        assert found["all"][name].value == pytest.approx(1)
        assert found["nothing"][name].value == pytest.approx(0)


def test_shape_and_colours_are_told_apart():
    found = transfers(A, B, {"shape": SHAPE_OF_B, "colours": COLOURS_OF_B})
    for structure in ("coarse structure", "fine structure"):
        assert found["shape"][structure].low > 0.95  # the rest: a wrap of the disc's contrast
        assert found["colours"][structure].high < 0.05
    assert found["shape"]["palette"].high < 0.3  # a larger disc has more of its colour
    assert found["colours"]["palette"].low > 0.7


def test_structure_sees_no_colour_and_the_palette_no_place():
    before = properties(A)
    darker = properties((A // 2 + 20).astype(np.uint8))
    for name in ("coarse structure", "fine structure"):
        np.testing.assert_allclose(darker[name], before[name], atol=0.02)
        np.testing.assert_allclose(properties(255 - A)[name], before[name], atol=1e-6)
    order = np.random.default_rng(0).permutation(SIDE**2)
    shuffled = A.reshape(COUNT, -1, 3)[:, order].reshape(A.shape)
    np.testing.assert_allclose(properties(shuffled)["palette"], before["palette"], atol=1e-12)


def test_the_division_of_labour_has_a_sign():
    as_in_the_paper = specialisation(A, B, early=SHAPE_OF_B, late=COLOURS_OF_B)
    assert 1 < as_in_the_paper.low < as_in_the_paper.value < as_in_the_paper.high < 2.1
    reverse = specialisation(A, B, early=COLOURS_OF_B, late=SHAPE_OF_B)
    assert reverse.value == pytest.approx(-as_in_the_paper.value)
    assert reverse.high < -1


def test_groups_that_differ_in_strength_alone_have_none():
    """A part of the pairs is moved altogether, the others not at all."""
    weak, strong = A.copy(), A.copy()
    weak[::4], strong[::2] = B[::4], B[::2]
    found = specialisation(A, B, early=weak, late=strong)
    assert found.low < 0 < found.high
    assert abs(found.value) < 0.15


def test_pairs_that_say_nothing_are_named():
    refused("alike in coarse structure", transfers, A, A, {"early": B}, error=ValueError)
    one = A[:1], B[:1], {"early": B[:1]}
    refused("at least two items", transfers, *one, error=ValueError)
