"""The drawing core: exact elementary functions, the canvas, noise, light, random parameters."""

import numpy as np
import pytest

from synthetic.drawing import maths
from synthetic.drawing.canvas import Canvas, colour, palette
from synthetic.drawing.fractal import PERIOD, fractal
from synthetic.drawing.lighting import Light, diffuse, direction, sample_light
from synthetic.drawing.sampling import choose, normal

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


def test_colours_keep_their_order_on_the_way_to_the_display():
    levels = palette("000000 404040 808080 c0c0c0 ffffff")
    canvases = [Canvas(8) for _ in levels]
    for canvas, level in zip(canvases, levels, strict=True):
        canvas.paint(canvas.box(), level)
    shown = [float(canvas.to_uint8().mean()) for canvas in canvases]
    assert shown == sorted(set(shown))
    assert shown[0] == 0.0


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


def test_a_surface_is_brightest_when_it_faces_the_key_light():
    white = np.ones((3, 1, 1))
    light = Light(direction(0.5, 0.6), white, 0.2 * white, 0.1 * white)
    turns = np.linspace(-1.5, 1.5, 61)[None]
    facing = (maths.sin(turns) * maths.cos(0.6), maths.sin(0.6), maths.cos(turns) * maths.cos(0.6))
    lit = diffuse(facing, light)[0, 0]
    assert turns[0, lit.argmax()] == pytest.approx(0.5)
    assert (diffuse(facing, light, shadow=0.0) < lit.max()).all()
    drawn = sample_light(np.random.default_rng(0))
    assert maths.length(*drawn.key) == pytest.approx(1.0)
    assert drawn.key[1] > 0.0  # from above


def test_random_parameters():
    rng = np.random.default_rng(0)
    numbers = np.array([normal(rng, 2.0, 0.5) for _ in range(4000)])
    assert numbers.mean() == pytest.approx(2.0, abs=0.03)
    assert numbers.std() == pytest.approx(0.5, abs=0.03)
    assert np.abs(numbers - 2.0).max() <= 0.5 * 3.4642
    names = [choose(rng, {"a": 1.0, "never": 0.0, "b": 3.0}) for _ in range(2000)]
    assert set(names) == {"a", "b"}
    assert names.count("b") == pytest.approx(1500, abs=90)
