"""Artifacts of generated pictures, found by rules instead of by eye (Sec. 4.9, Fig. 12).

Three kinds, each a score per picture, larger being more conspicuous:

- periodic texture ("wavy texture (in hair) and repeated lines pattern (in buildings)"):
  ``periodic_texture``;
- "glowing blobs": ``glowing_blobs``;
- "a small part of the image being inconsistent with the rest and out of the domain":
  ``foreign_patches``.

Real pictures have fences, lamps and odd corners, too. So nothing is an artifact by its score alone:
the threshold of each rule is a high quantile of the scores of real pictures, which fixes the rule's
false-alarm rate, and the share of generated pictures above it stands beside that of other real
pictures (``flagged``). The last two rules know from real pictures what is usual at each place
(``learn_usual``): a white collar is no glowing blob, a white spot on a cheek is. Pictures that a
threshold or a share is taken of must not be among those.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import fft
from scipy.ndimage import gaussian_filter, maximum_filter  # type: ignore[attr-defined]
from scipy.signal.windows import hann

from cipslib.analysis.spectra import LUMINANCE
from cipslib.metrics.intervals import Estimate, proportion
from cipslib.metrics.knn import nearest_neighbours
from cipslib.utils.shapes import Float, Int, UInt8

Pictures = UInt8[np.ndarray, "count h w 3"]

FALSE_ALARMS = 0.01  # of real pictures that a threshold lets through
LOWEST = 0.125  # cycles a pixel: below, a few stripes across a part are what pictures consist of
RING = [  # sixteen frequencies around one, out of the reach of the window's main lobe
    (round(4 * np.sin(angle)), round(4 * np.cos(angle))) for angle in np.arange(16) * np.pi / 8
]
OUTWARD = 3  # frequencies farther out in the same direction: a straight edge is as strong there
OFF_AXIS = 1.5  # frequencies nearer than this to an axis are of window frames, horizons, borders
VISIBLE = 2 / 255  # of luminance above and below: a fainter wave is hardly seen
SMALLEST = 32  # px a side: below, half a picture has too few frequencies
BLOBS = (1 / 32, 1 / 16)  # radii that are looked for, in image widths
SURROUND = 3.0  # of a blob's radius: what it is compared with
USUAL = 0.99  # of real pictures: a contrast that these have at a place is usual there
SIDE = 8  # of a described patch after shrinking, px
AT_ONCE = 250  # pictures in memory as numbers


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
    around it, four away, which follows the fall of natural spectra and is not moved by the peak;
    or, if it is greater, to the power around a frequency farther out in the same direction, where
    a slanting edge is strong, too, and a wave is not. Frequencies below ``LOWEST`` and those along
    the axes, where straight horizontal and vertical edges have theirs, are left out. The power of
    a wave that can just be seen is added to all, so that fainter ones stand out of nothing.
    Raises ValueError for pictures below 32 px, whose squares have too few frequencies.
    """
    side = min(pictures.shape[1:3]) // 2
    if side < SMALLEST // 2:
        raise ValueError(
            f"pictures of {pictures.shape[1:3]} px are too small: at least {SMALLEST} px"
        )
    window = np.outer(hann(side, sym=False), hann(side, sym=False))
    faintest = (VISIBLE / 2 * window.sum()) ** 2 / (window**2).sum()  # power of such a wave's peak
    searched = _searched(side)
    outward = _outward(searched, side)
    luminance = _luminance(pictures)
    corners = _corners(pictures.shape[1:3], side, side // 2)
    best = np.full(len(pictures), -np.inf)
    where = np.zeros(len(pictures), dtype=int)
    for number, (row, column) in enumerate(corners):
        part = luminance[:, row : row + side, column : column + side]
        part = (part - part.mean(axis=(1, 2), keepdims=True)) * window
        power = np.abs(fft.fft2(part)) ** 2 / (window**2).sum() + faintest
        around = [power[:, (searched[0] + y) % side, (searched[1] + x) % side] for y, x in RING]
        beyond = maximum_filter(power, size=(1, 3, 3), mode="wrap")[:, outward[0], outward[1]]
        ratio = power[:, searched[0], searched[1]] / np.maximum(np.median(around, axis=0), beyond)
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


def _outward(searched: tuple[np.ndarray, np.ndarray], side: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices of frequencies ``OUTWARD`` farther out."""
    row, column = (fft.fftfreq(side, 1 / side)[index] for index in searched)
    longer = 1 + OUTWARD / np.hypot(row, column)
    rows, columns = (np.rint(longer * each).astype(int) % side for each in (row, column))
    return rows, columns


# --- what is usual at each place


@dataclass(frozen=True)
class Usual:
    """What real pictures have, place by place."""

    contrasts: Float[np.ndarray, "scales h w"]  # that ``USUAL`` of them do not exceed
    patches: Float[np.ndarray, "places count dim"]


def learn_usual(real: Pictures) -> Usual:
    contrasts = np.quantile(_contrasts(real), USUAL, axis=1)
    return Usual(contrasts, _patch_vectors(real)[0])


# --- glowing blobs


def glowing_blobs(pictures: Pictures, usual: Usual) -> Found:
    """How far the most unusual bright blob exceeds what is usual at its place, of a range of 1.

    For each radius of ``BLOBS`` the luminance is averaged over a Gaussian of that size and compared
    with its mean over ``SURROUND`` times as wide a one around it; from this contrast that is taken
    off which all but 1 % of real pictures stay below at the same place. Only bright ones count.
    """
    height, width = pictures.shape[1:3]
    excess = _contrasts(pictures) - usual.contrasts[:, None]
    scores = excess.max(axis=(0, 2, 3))
    boxes = np.zeros((len(pictures), 4), dtype=int)
    for number in range(len(pictures)):
        scale, row, column = np.unravel_index(excess[:, number].argmax(), usual.contrasts.shape)
        size = max(3, round(4 * _sigma(BLOBS[scale], width)))
        corner = (
            np.clip(int(row) - size // 2, 0, height - size),
            np.clip(int(column) - size // 2, 0, width - size),
        )
        boxes[number] = (*corner, size, size)
    return Found(scores, boxes)


def _contrasts(pictures: Pictures) -> Float[np.ndarray, "scales count h w"]:
    luminance = _luminance(pictures)
    sigmas = [_sigma(radius, pictures.shape[2]) for radius in BLOBS]
    return np.stack(
        [
            gaussian_filter(luminance, (0, sigma, sigma))
            - gaussian_filter(luminance, (0, SURROUND * sigma, SURROUND * sigma))
            for sigma in sigmas
        ]
    )


def _sigma(radius: float, width: int) -> float:
    """Of the Gaussian that answers a disc best, px."""
    return max(1.0, radius * width / float(np.sqrt(2)))


# --- patches out of the domain


def foreign_patches(pictures: Pictures, usual: Usual) -> Found:
    """How far the strangest patch is from the nearest one of real pictures at the same place.

    Patches are overlapping squares of about a quarter of the width, averaged to ``SIDE`` px; the
    distance is Euclidean, over colours in [0, 1]. Generated and real pictures that are compared
    must be measured against the same patches: more of them are nearer.
    """
    vectors, corners, side = _patch_vectors(pictures)
    distance = np.stack(
        [
            nearest_neighbours(torch.from_numpy(mine), torch.from_numpy(real), 1).distances[:, 0]
            for mine, real in zip(vectors, usual.patches, strict=True)
        ]
    )
    boxes = np.array([(row, column, side, side) for row, column in corners])
    return Found(distance.max(axis=0), boxes[distance.argmax(axis=0)])


def _patch_vectors(
    pictures: Pictures,
) -> tuple[Float[np.ndarray, "places count dim"], list[tuple[int, int]], int]:
    """Of each place, every picture's patch there; the places' corners; their side, px."""
    height, width = pictures.shape[1:3]
    step = max(1, min(height, width) // 4 // SIDE)
    side = SIDE * step
    corners = _corners((height, width), side, side // 2)
    vectors = np.empty((len(corners), len(pictures), 3 * SIDE * SIDE), np.float32)
    for place, (row, column) in enumerate(corners):
        part = pictures[:, row : row + side, column : column + side]
        small = part.reshape(len(pictures), SIDE, step, SIDE, step, 3).mean(axis=(2, 4)) / 255
        vectors[place] = small.reshape(len(pictures), -1)
    return vectors, corners, side


# --- all of them

Rule = Callable[[Pictures, Usual], Found]
RULES: dict[str, Rule] = {
    "periodic_texture": lambda pictures, _: periodic_texture(pictures),
    "glowing_blobs": glowing_blobs,
    "foreign_patches": foreign_patches,
}
UNITS = {
    "periodic_texture": "dB above the frequencies around",
    "glowing_blobs": "luminance above the usual contrast",
    "foreign_patches": "distance of colours",
}


def find(rule: str, pictures: Pictures, usual: Usual) -> Found:
    """By one of ``RULES``, in portions: each picture's score depends on it alone."""
    parts = [
        RULES[rule](pictures[first : first + AT_ONCE], usual)
        for first in range(0, len(pictures), AT_ONCE)
    ]
    return Found(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.boxes for part in parts]),
    )


# --- thresholds


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


def flagged(scores: Float[np.ndarray, " count"], limit: float) -> Estimate:
    """The share above the limit, with its interval.

    Of other real pictures than those of the limit the share is the rule's false-alarm rate.
    """
    return proportion(scores > limit)


def _luminance(pictures: Pictures) -> Float[np.ndarray, "count h w"]:
    return pictures.astype(np.float64) / 255 @ np.asarray(LUMINANCE)


def _corners(size: tuple[int, ...], side: int, step: int) -> list[tuple[int, int]]:
    """Of squares that cover a picture, the last ones ending at its borders."""
    rows, columns = (sorted({*range(0, n - side, step), n - side}) for n in size)
    return [(row, column) for row in rows for column in columns]
