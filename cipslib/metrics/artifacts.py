"""Artefacts of generated pictures, found by rules instead of by eye (Sec. 4.9, Fig. 12).

Three kinds, each a score per picture, larger being more conspicuous:

- periodic texture ("wavy texture (in hair) and repeated lines pattern (in buildings)"):
  ``periodic_texture``;
- "glowing blobs": ``glowing_blobs``;
- "a small part of the image being inconsistent with the rest and out of the domain":
  ``foreign_patches``.

Real pictures have fences, lamps and odd corners, too. So nothing is an artefact by its score alone:
the threshold of each rule is a high quantile of the scores of real pictures, which fixes the rule's
false-alarm rate, and the share of generated pictures above it stands beside that of other real
pictures (``flagged``).
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft, spatial
from scipy.ndimage import gaussian_filter  # type: ignore[attr-defined]
from scipy.signal.windows import hann

from cipslib.metrics.spectra import LUMINANCE
from cipslib.metrics.uncertainty import Estimate, share
from cipslib.shapes import Float, Int, UInt8

Pictures = UInt8[np.ndarray, "count h w 3"]

FALSE_ALARMS = 0.01  # of real pictures that a threshold lets through
LOWEST = 0.125  # cycles a pixel: below, a few stripes across a part are what pictures consist of
RING = [  # sixteen frequencies around one, out of the reach of the window's main lobe
    (round(4 * np.sin(angle)), round(4 * np.cos(angle))) for angle in np.arange(16) * np.pi / 8
]
OFF_AXIS = 1.5  # frequencies nearer than this to an axis are of window frames, horizons, borders
FLOOR = 1e-5  # of power, about that of rounding to 8 bits (1 / (12 * 255^2)) after the window
BLOBS = (1 / 32, 1 / 16)  # radii that are looked for, in image widths
SURROUND = 3.0  # of a blob's radius: what it is compared with
SALIENT = 0.02  # of luminance: a contrast below is none, however even the surroundings
SIDE = 8  # of a described patch after shrinking, px


@dataclass(frozen=True)
class Found:
    """A score for each picture, and where in it: (row, column, height, width) of a part, px."""

    scores: Float[np.ndarray, " count"]
    boxes: Int[np.ndarray, "count 4"]


# --- periodic texture


def periodic_texture(pictures: Pictures) -> Found:
    """How far the strongest single frequency of a part stands out of those around it, in dB.

    Each picture is cut into overlapping squares of half its width. In the spectrum of a square's
    luminance (Hann window, mean removed) a wave is a peak; texture and edges are broad. The score
    is the largest ratio of the power at a frequency to the median power of sixteen frequencies
    around it, four away, which follows the fall of natural spectra and is not moved by the peak.
    Frequencies below ``LOWEST`` and those along the axes, where straight horizontal and vertical
    edges have theirs, are left out.
    Raises ValueError for pictures below 32 px, whose squares have too few frequencies.
    """
    side = min(pictures.shape[1:3]) // 2
    if side < 16:
        raise ValueError(f"pictures of {pictures.shape[1:3]} px are too small: at least 32 px")
    window = np.outer(hann(side, sym=False), hann(side, sym=False))
    searched = _searched(side)
    luminance = _luminance(pictures)
    corners = _corners(pictures.shape[1:3], side, side // 2)
    best = np.full(len(pictures), -np.inf)
    where = np.zeros(len(pictures), dtype=int)
    for number, (row, column) in enumerate(corners):
        part = luminance[:, row : row + side, column : column + side]
        part = (part - part.mean(axis=(1, 2), keepdims=True)) * window
        power = np.abs(fft.fft2(part)) ** 2 / (window**2).sum() + FLOOR
        around = [power[:, (searched[0] + y) % side, (searched[1] + x) % side] for y, x in RING]
        ratio = power[:, searched[0], searched[1]] / np.median(around, axis=0)
        score = 10 * np.log10(ratio.max(axis=1))
        better = score > best
        best[better], where[better] = score[better], number
    boxes = np.array([(row, column, side, side) for row, column in corners])
    return Found(best, boxes[where])


def _searched(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the half of the plane with rows above zero; the other half is its mirror image."""
    row, column = fft.fftfreq(side, 1 / side)[:, None], fft.fftfreq(side, 1 / side)
    searched = (row > OFF_AXIS) & (np.abs(column) > OFF_AXIS)
    searched &= np.hypot(row, column) > LOWEST * side
    rows, columns = np.nonzero(searched)
    return rows, columns


# --- glowing blobs


def glowing_blobs(pictures: Pictures) -> Found:
    """How bright the most conspicuous blob is, in spreads of its own surroundings.

    For each radius of ``BLOBS`` the luminance is averaged over a disc-like Gaussian and compared
    with the mean of a ring around it of ``SURROUND`` radii; the difference is divided by the
    picture's own robust spread of such differences (1.48 times their median magnitude, at least
    ``SALIENT``): a blob that glows is an outlier of its picture, an eye's white among others like
    it is not. Only bright ones count.
    """
    luminance = _luminance(pictures)
    height, width = pictures.shape[1:3]
    best = np.full(len(pictures), -np.inf)
    boxes = np.zeros((len(pictures), 4), dtype=int)
    for share_of_width in BLOBS:
        sigma = max(1.0, share_of_width * width / np.sqrt(2))  # a disc's best match
        contrast = gaussian_filter(luminance, (0, sigma, sigma)) - gaussian_filter(
            luminance, (0, SURROUND * sigma, SURROUND * sigma)
        )
        spread = 1.4826 * np.median(np.abs(contrast), axis=(1, 2))
        score = contrast.max(axis=(1, 2)) / np.maximum(spread, SALIENT)
        size = max(1, round(4 * sigma))
        for number in np.flatnonzero(score > best):
            row, column = np.unravel_index(contrast[number].argmax(), (height, width))
            corner = max(0, int(row) - size // 2), max(0, int(column) - size // 2)
            boxes[number] = (*corner, min(size, height - corner[0]), min(size, width - corner[1]))
        best = np.maximum(best, score)
    return Found(best, boxes)


# --- patches out of the domain


@dataclass(frozen=True)
class RealPatches:
    """What patches of real pictures look like."""

    tree: spatial.KDTree
    mean: Float[np.ndarray, " dim"]
    axes: Float[np.ndarray, "dim kept"]


def learn_patches(real: Pictures, kept: int = 24) -> RealPatches:
    """From real pictures' patches: their main directions of variation, and all of them in these.

    Raises ValueError for fewer patches than directions.
    """
    vectors = _patch_vectors(real)[0].reshape(-1, SIDE * SIDE * 3)
    if len(vectors) <= kept:
        raise ValueError(f"{len(vectors)} patches of real pictures are too few for {kept} axes")
    mean = vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(
        vectors[:: max(1, len(vectors) // 20_000)] - mean, full_matrices=False
    )
    kept_axes = axes[:kept].T
    return RealPatches(spatial.KDTree((vectors - mean) @ kept_axes), mean, kept_axes)


def foreign_patches(pictures: Pictures, real: RealPatches) -> Found:
    """How far the strangest patch is from the nearest patch of any real picture.

    Patches are overlapping squares of about a quarter of the width, averaged to ``SIDE`` px:
    colours in [0, 1], in the real patches' main directions; what lies outside counts, too. The
    pictures that a threshold is taken from must not be among those that ``learn_patches`` saw, nor
    may generated ones be measured against more patches than they.
    """
    vectors, corners, side = _patch_vectors(pictures)
    centred = vectors - real.mean
    along = centred @ real.axes
    outside = np.maximum((centred**2).sum(axis=-1) - (along**2).sum(axis=-1), 0)
    nearest, _ = real.tree.query(along.reshape(-1, along.shape[-1]))
    distance = np.sqrt(nearest.reshape(outside.shape) ** 2 + outside)
    strangest = distance.argmax(axis=1)
    boxes = np.array([(row, column, side, side) for row, column in corners])
    return Found(distance.max(axis=1), boxes[strangest])


def _patch_vectors(
    pictures: Pictures,
) -> tuple[Float[np.ndarray, "count patches dim"], list[tuple[int, int]], int]:
    height, width = pictures.shape[1:3]
    side = max(1, min(height, width) // 4 // SIDE) * SIDE
    corners = _corners((height, width), side, side // 2)
    parts = np.stack([pictures[:, r : r + side, c : c + side] for r, c in corners], axis=1)
    step = side // SIDE
    smaller = parts[:, :, : SIDE * step, : SIDE * step].reshape(
        len(pictures), len(corners), SIDE, step, SIDE, step, 3
    )
    vectors = smaller.mean(axis=(3, 5)) / 255
    return vectors.reshape(len(pictures), len(corners), -1), corners, side


# --- thresholds


@dataclass(frozen=True)
class Flagged:
    """Which pictures a rule takes for artefacts, and how often it is wrong."""

    threshold: float
    share: Estimate  # of the pictures that are above it
    pictures: Int[np.ndarray, " flagged"]  # their numbers, the most conspicuous first


def threshold(
    real_scores: Float[np.ndarray, " count"], false_alarms: float = FALSE_ALARMS
) -> float:
    """The score that ``false_alarms`` of real pictures exceed.

    Raises ValueError if there are too few of them for so rare a thing.
    """
    if len(real_scores) * false_alarms < 1:
        raise ValueError(
            f"{len(real_scores)} real pictures cannot show a false-alarm rate of {false_alarms:g}"
        )
    return float(np.quantile(real_scores, 1 - false_alarms, method="higher"))


def flagged(scores: Float[np.ndarray, " count"], limit: float) -> Flagged:
    """Those above the limit; their share with its interval.

    Of other real pictures than those of the limit the share is the rule's false-alarm rate.
    """
    above = scores > limit
    order = np.argsort(-scores, kind="stable")
    return Flagged(limit, share(above), order[: above.sum()])


def _luminance(pictures: Pictures) -> Float[np.ndarray, "count h w"]:
    return pictures.astype(np.float64) / 255 @ np.asarray(LUMINANCE)


def _corners(size: tuple[int, ...], side: int, step: int) -> list[tuple[int, int]]:
    """Of squares that cover a picture, the last ones ending at its borders."""
    rows, columns = (sorted({*range(0, n - side, step), n - side}) for n in size)
    return [(row, column) for row in rows for column in columns]
