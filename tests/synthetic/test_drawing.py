"""The drawing core: exact elementary functions, the canvas, noise."""

import numpy as np
import pytest

from synthetic.drawing import maths
from synthetic.drawing.canvas import Canvas, colour
from synthetic.drawing.fractal import PERIOD, fractal

ANGLES = np.linspace(-25.0, 25.0, 10_001)


def test_elementary_functions_are_those_of_numpy():
    np.testing.assert_allclose(maths.sin(ANGLES), np.sin(ANGLES), atol=1e-7)
    np.testing.assert_allclose(maths.cos(ANGLES), np.cos(ANGLES), atol=1e-7)
    np.testing.assert_allclose(maths.bell(ANGLES), np.exp(-(ANGLES**2)), atol=0.08)
    np.testing.assert_allclose(maths.length(*maths.unit(ANGLES, 1.0, 2.0)), 1.0)


def test_smoothstep_rises_or_falls_between_its_edges():
    values = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    np.testing.assert_allclose(maths.smoothstep(0.0, 1.0, values), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(maths.smoothstep(1.0, 0.0, values), [1, 1, 0.5, 0, 0])


@pytest.mark.parametrize("resolution", [8, 32, 100, 128])
def test_paint_covers_the_box_alone(resolution: int):
    """The right half in white at half opacity, on black; y runs upwards."""
    canvas = Canvas(resolution)
    canvas.paint(canvas.box(left=0.0), colour(255, 255, 255), 0.5)
    canvas.paint(canvas.box(bottom=0.0, right=0.0, left=-9.0, top=9.0), colour(0, 0, 255))
    canvas.paint(canvas.box(left=1.5, right=2.0), 1.0)  # beyond the canvas
    image = canvas.to_uint8()
    half = resolution // 2
    assert image.shape == (resolution, resolution, 3)
    assert len(np.unique(image[:, half:])) == 1
    assert 100 < image[0, -1, 0] < 220
    assert (image[half:, :half] == 0).all()
    assert (image[:half, :half] == [0, 0, image[0, 0, 2]]).all()
    assert image[0, 0, 2] > 200


def test_noise_is_smooth_periodic_and_loses_what_is_too_fine():
    """Seen from afar, noise is the average of what it is from near by."""
    x = np.linspace(0.0, 20.0, 801)[None]
    y = np.linspace(3.0, 9.0, 241)[:, None]
    noise = fractal(x, y, 0.025)
    assert abs(noise.mean()) < 0.1
    assert noise.std() == pytest.approx(0.4, abs=0.1)
    assert np.abs(np.diff(noise, axis=1)).max() < 0.2
    np.testing.assert_array_equal(noise, fractal(x + 0.0 * y, y + 0.0 * x, 0.025))
    np.testing.assert_allclose(noise, fractal(x + PERIOD, y - PERIOD, 0.025), atol=1e-9)
    assert fractal(x, y, 8.0).std() < 0.15
    rough = np.abs(np.diff(fractal(x, y, 0.025, 0.75), axis=1)).mean()
    faded = np.abs(np.diff(fractal(x, y, 0.5, 0.75), axis=1)).mean()
    assert faded < 0.7 * rough
