"""Rules for artifacts (Fig. 12): a planted one is found where it is; 1/f noise has none."""

import numpy as np
import pytest

from cipslib.analysis import artifacts
from cipslib.analysis.artifacts import (
    FALSE_ALARMS,
    RULES,
    detect,
    flagged,
    glowing_blobs,
    learn_reference,
    periodic_texture,
    threshold,
)
from cipslib.analysis.injected_artifacts import inject
from synthetic import render

SIZE, COUNT = 64, 300


def natural(count: int, seed: int) -> np.ndarray:
    """1/f noise in three related colours: as smooth as photographs, without any artifact."""
    random = np.random.default_rng(seed)
    radius = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE))
    radius[0, 0] = np.inf
    white = np.fft.fft2(random.standard_normal((count, 3, SIZE, SIZE)))
    fields = np.fft.ifft2(white / radius).real
    grey, colours = fields[:, :1], fields
    mixed = 0.8 * grey + 0.2 * colours
    mixed /= mixed.std(axis=(1, 2, 3), keepdims=True)
    return (127 + 40 * mixed).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def planted(images: np.ndarray, field: np.ndarray) -> np.ndarray:
    return (images + field[..., None]).clip(0, 255).astype(np.uint8)


Y, X = np.mgrid[:SIZE, :SIZE]
WITHIN = (Y >= 32) & (X < 32)  # the lower left quarter
WAVES = 30 * np.sin(2 * np.pi * (0.22 * X + 0.15 * Y)) * WITHIN
BLOB = 190 * np.exp(-((Y - 20) ** 2 + (X - 44) ** 2) / (2 * 3**2))
FOREIGN = 70 * np.sign(np.sin(X * 1.1)) * np.sign(np.sin(Y * 1.1)) * (Y < 16) * (X < 16)


@pytest.fixture(scope="module")
def usual():
    return learn_reference(natural(COUNT, 0))


@pytest.mark.parametrize(
    ("rule", "field", "centre", "found_at_least"),
    [
        ("periodic_texture", WAVES, (48, 16), 0.9),
        ("glowing_blobs", BLOB, (20, 44), 0.75),  # such noise has bright spots of its own
        ("foreign_patches", FOREIGN, (8, 8), 0.9),
    ],
)
def test_a_planted_artifact_is_found_where_it_is(usual, rule, field, centre, found_at_least):
    limit = threshold(detect(rule, natural(COUNT, 1), usual).scores)
    found = detect(rule, planted(natural(40, 2), field), usual)
    assert flagged(found.scores, limit).value >= found_at_least
    row, column, height, width = found.boxes.T
    hit = (row <= centre[0]) & (centre[0] < row + height)
    hit &= (column <= centre[1]) & (centre[1] < column + width)
    assert hit.mean() >= found_at_least
    assert (row + height <= SIZE).all()
    assert (column + width <= SIZE).all()


@pytest.mark.parametrize("rule", RULES)
def test_clean_noise_is_flagged_as_rarely_as_the_rule_allows(usual, rule):
    limit = threshold(detect(rule, natural(COUNT, 1), usual).scores)
    rate = flagged(detect(rule, natural(COUNT, 3), usual).scores, limit)
    assert rate.low <= FALSE_ALARMS
    assert rate.value < 0.04


def test_straight_edges_and_images_of_one_colour_are_no_waves():
    fences = np.full((4, SIZE, SIZE, 3), 90, np.uint8)
    fences[:, :, ::8] = 200  # upright bars: along an axis
    flat = np.full((4, SIZE, SIZE, 3), 90, np.uint8)
    limit = threshold(periodic_texture(natural(COUNT, 1)).scores)
    for images in (fences, flat):
        assert (periodic_texture(images).scores < limit).all()
    assert glowing_blobs(flat, learn_reference(flat)).scores == pytest.approx(0)


def test_a_slanting_edge_is_less_of_a_wave_than_a_faint_wave():
    """A roof against an even sky, at eight slopes, anti-aliased; nothing else is in the image."""
    y, x = np.mgrid[: 8 * SIZE, : 8 * SIZE] / 8 - SIZE / 2
    slopes = np.linspace(0.2, 1.3, 8)
    fine = [np.where(np.cos(angle) * x + np.sin(angle) * y > 0, 180, 60) for angle in slopes]
    roofs = np.stack([edge.reshape(SIZE, 8, SIZE, 8).mean(axis=(1, 3)) for edge in fine])
    edges = periodic_texture(roofs.astype(np.uint8)[..., None].repeat(3, axis=-1)).scores
    even = np.full((1, SIZE, SIZE, 3), 120, np.uint8)
    faint, faintest = (periodic_texture(planted(even, WAVES / part)).scores[0] for part in (3, 6))
    assert np.median(edges) + 5 < faint
    assert np.median(edges) + 3 < faintest < faint


def test_a_threshold_needs_enough_real_images():
    scores = np.arange(1000.0)
    assert threshold(scores, 0.01) == 990.0
    assert flagged(scores, 990.0).value == pytest.approx(0.009)
    with pytest.raises(ValueError, match="cannot show a false-alarm rate"):
        threshold(scores[:50], 0.01)


def test_what_is_too_small_is_refused():
    with pytest.raises(ValueError, match="at least 32 px"):
        periodic_texture(np.zeros((2, 16, 16, 3), np.uint8))


# --- at the demo's size: the stand-in faces, which have stripes, collars and lights of their own


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return render("faces", range(240), 32, seed=0)


@pytest.fixture(scope="module")
def usual_faces(faces: np.ndarray):
    return learn_reference(faces[:80])


# The least share that is found, and the least with the mark where it was planted.
@pytest.mark.parametrize(
    ("rule", "found_at_least", "marked_at_least"),
    [
        ("periodic_texture", 0.95, 0.95),
        ("glowing_blobs", 0.6, 0.9),  # of the others most lie on hair or sky as bright
        ("foreign_patches", 0.6, 0.7),  # a flat wall's negative is a wall
    ],
)
def test_what_is_planted_in_faces_is_found_by_its_rule(
    faces, usual_faces, rule, found_at_least, marked_at_least
):
    limit = threshold(detect(rule, faces[80:160], usual_faces).scores, 0.05)
    others = faces[160:]
    assert flagged(detect(rule, others, usual_faces).scores, limit).value <= 0.1
    images, middles = inject(rule, others, seed=0)
    found = detect(rule, images, usual_faces)
    assert flagged(found.scores, limit).value > found_at_least
    corners, sizes = found.boxes[:, :2], found.boxes[:, 2:]
    marked = ((corners <= middles) & (middles < corners + sizes)).all(axis=1)
    assert marked.mean() > marked_at_least


def test_what_is_usual_elsewhere_is_out_of_place():
    """Dark on the left, bright on the right: a bright square on the left is no patch from there."""
    halves = np.full((6, 32, 32, 3), 40, np.uint8)
    halves[:, :, 16:] = 200
    moved = halves.copy()
    moved[:, 8:16, 0:8] = 200
    usual = learn_reference(halves)
    assert detect("foreign_patches", halves, usual).scores == pytest.approx(0)
    found = detect("foreign_patches", moved, usual)
    assert found.scores == pytest.approx(160 / 255 * np.sqrt(192))
    assert found.boxes.tolist() == [[8, 0, 8, 8]] * 6


def test_portions_change_nothing(faces, usual_faces, monkeypatch):
    whole = detect("glowing_blobs", faces[:50], usual_faces)
    monkeypatch.setattr(artifacts, "BATCH", 7)
    parts = detect("glowing_blobs", faces[:50], usual_faces)
    np.testing.assert_array_equal(whole.scores, parts.scores)
    np.testing.assert_array_equal(whole.boxes, parts.boxes)


def test_what_is_planted_is_there_and_nowhere_else():
    grey = np.full((5, 32, 32, 3), 100, np.uint8)
    for rule, side in (("periodic_texture", 16), ("foreign_patches", 8)):
        images, middles = inject(rule, grey, seed=3)
        changed = (images != grey).any(axis=3)
        for image, (row, column) in zip(changed, middles, strict=True):
            rows, columns = np.nonzero(image)
            assert 0 < image.sum() <= side * side
            assert np.abs(rows - row).max() <= side // 2
            assert np.abs(columns - column).max() <= side // 2
    images, middles = inject("glowing_blobs", grey, seed=3)
    for image, (row, column) in zip(images, middles, strict=True):
        assert image[row, column, 0] == image.max() == 250
