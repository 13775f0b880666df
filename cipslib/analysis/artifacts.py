"""Artifacts of generated images, found by rules instead of by eye (Sec. 4.9, Fig. 12).

Three kinds, each a score per image, larger being more conspicuous:

- periodic texture ("wavy texture (in hair) and repeated lines pattern (in buildings)"):
  ``periodic_texture``;
- "glowing blobs": ``glowing_blobs``;
- "a small part of the image being inconsistent with the rest and out of the domain":
  ``foreign_patches``.

Real images have fences, lamps and odd corners, too. So nothing is an artifact by its score alone:
the threshold of each rule is a high quantile of the scores of real images, which fixes the rule's
false-alarm rate, and the share of generated images above it stands beside that of other real
images (``flagged``). The last two rules know from real images what is usual at each place
(``learn_reference``): a white collar is no glowing blob, a white spot on a cheek is. Images that a
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

Images = UInt8[np.ndarray, "count h w 3"]

FALSE_ALARMS = 0.01  # of real images that a threshold lets through
LOWEST = 0.125  # cycles a pixel: below, a few stripes across a part are what images consist of
RING = [  # sixteen frequencies around one, out of the reach of the window's main lobe
    (round(4 * np.sin(angle)), round(4 * np.cos(angle))) for angle in np.arange(16) * np.pi / 8
]
OUTWARD = 3  # frequencies farther out in the same direction: a straight edge is as strong there
OFF_AXIS = 1.5  # frequencies nearer than this to an axis are of window frames, horizons, borders
VISIBLE = 2 / 255  # of luminance above and below: a fainter wave is hardly seen
SMALLEST = 32  # px a side: below, half an image has too few frequencies
BLOBS = (1 / 32, 1 / 16)  # radii that are looked for, in image widths
SURROUND = 3.0  # of a blob's radius: what it is compared with
USUAL = 0.99  # of real images: a contrast that these have at a place is usual there
PATCH_SIDE = 8  # of a patch after shrinking, px
BATCH = 250  # images in memory as numbers


@dataclass(frozen=True)
class Detections:
    """A score for each image, and where in it: (row, column, height, width) of a part, px."""

    scores: Float[np.ndarray, " count"]
    boxes: Int[np.ndarray, "count 4"]


@dataclass(frozen=True)
class ReferenceStatistics:
    """What real images have, place by place."""

    contrasts: Float[np.ndarray, "scales h w"]  # that ``USUAL`` of them do not exceed
    patches: Float[np.ndarray, "places count dim"]


def learn_reference(real: Images) -> ReferenceStatistics:
    """Return what is usual in real images at each place."""
    contrasts = np.quantile(_contrasts(real), USUAL, axis=1)
    return ReferenceStatistics(contrasts, _patch_vectors(real)[0])


def periodic_texture(images: Images) -> Detections:
    """Return how far the strongest frequency of a part stands out of those around it, in dB.

    Each image is cut into overlapping squares of half its width. In the spectrum of a square's
    luminance (Hann window, mean removed) a wave is a peak; texture and edges are broad. The score
    is the largest ratio of the power at a frequency to the median power of sixteen frequencies
    around it, four away, which follows the fall of natural spectra and is not moved by the peak;
    or, if it is greater, to the power around a frequency farther out in the same direction, where
    a slanting edge is strong, too, and a wave is not. Frequencies below ``LOWEST`` and those along
    the axes, where straight horizontal and vertical edges have theirs, are left out. The power of
    a wave that can just be seen is added to all, so that fainter ones stand out of nothing.
    Raises ValueError for images below 32 px, whose squares have too few frequencies.
    """
    side = min(images.shape[1:3]) // 2
    if side < SMALLEST // 2:
        raise ValueError(f"images of {images.shape[1:3]} px are too small: at least {SMALLEST} px")
    window = np.outer(hann(side, sym=False), hann(side, sym=False))
    faintest = (VISIBLE / 2 * window.sum()) ** 2 / (window**2).sum()  # power of such a wave's peak
    searched = _searched(side)
    outward = _outward(searched, side)
    luminance = _luminance(images)
    corners = _corners(images.shape[1:3], side)
    best = np.full(len(images), -np.inf)
    where = np.zeros(len(images), dtype=int)
    for number, (row, column) in enumerate(corners):
        part = luminance[:, row : row + side, column : column + side]
        part = (part - part.mean(axis=(1, 2), keepdims=True)) * window
        power = np.abs(fft.fft2(part)) ** 2 / (window**2).sum() + faintest
        around = [power[:, (searched[0] + y) % side, (searched[1] + x) % side] for y, x in RING]
        beyond = maximum_filter(power, size=(1, 3, 3), mode="wrap")[:, outward[0], outward[1]]
        ratio = power[:, searched[0], searched[1]] / np.maximum(np.median(around, axis=0), beyond)
        score = 10 * np.log10(ratio.max(axis=1))
        better = score > best
        best[better] = score[better]
        where[better] = number
    boxes = np.array([(row, column, side, side) for row, column in corners])
    return Detections(best, boxes[where])


def _searched(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequencies of the half of the plane with rows above zero; the rest mirrors it."""
    row, column = fft.fftfreq(side, 1 / side)[:, None], fft.fftfreq(side, 1 / side)
    searched = (row > OFF_AXIS) & (np.abs(column) > OFF_AXIS)
    searched &= np.hypot(row, column) > LOWEST * side
    rows, columns = np.nonzero(searched)
    return rows, columns


def _outward(searched: tuple[np.ndarray, np.ndarray], side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of frequencies ``OUTWARD`` farther out."""
    row, column = (fft.fftfreq(side, 1 / side)[index] for index in searched)
    longer = 1 + OUTWARD / np.hypot(row, column)
    rows, columns = (np.rint(longer * each).astype(int) % side for each in (row, column))
    return rows, columns


def glowing_blobs(images: Images, reference: ReferenceStatistics) -> Detections:
    """Return how far the most unusual bright blob exceeds what is usual at its place.

    For each radius of ``BLOBS`` the luminance, in [0, 1], is averaged over a Gaussian of that size
    and compared with its mean over one ``SURROUND`` times as wide; from this contrast that is taken
    off which all but 1 % of real images stay below at the same place. Only bright ones count.
    """
    height, width = images.shape[1:3]
    excess = _contrasts(images) - reference.contrasts[:, None]
    boxes = np.zeros((len(images), 4), dtype=int)
    for number in range(len(images)):
        scale, row, column = np.unravel_index(excess[:, number].argmax(), reference.contrasts.shape)
        size = max(3, round(4 * _sigma(BLOBS[scale], width)))
        top = np.clip(int(row) - size // 2, 0, height - size)
        left = np.clip(int(column) - size // 2, 0, width - size)
        boxes[number] = (top, left, size, size)
    return Detections(excess.max(axis=(0, 2, 3)), boxes)


def _contrasts(images: Images) -> Float[np.ndarray, "scales count h w"]:
    luminance = _luminance(images)
    sigmas = [_sigma(radius, images.shape[2]) for radius in BLOBS]
    return np.stack(
        [
            gaussian_filter(luminance, (0, sigma, sigma))
            - gaussian_filter(luminance, (0, SURROUND * sigma, SURROUND * sigma))
            for sigma in sigmas
        ]
    )


def _sigma(radius: float, width: int) -> float:
    """Return the width of the Gaussian that answers a disc best, px."""
    return max(1.0, radius * width / float(np.sqrt(2)))


def foreign_patches(images: Images, reference: ReferenceStatistics) -> Detections:
    """Return how far the strangest patch is from the nearest of real images at the same place.

    Patches are overlapping squares of about a quarter of the width, averaged to ``PATCH_SIDE`` px;
    the distance is Euclidean, over colours in [0, 1]. Generated and real images that are compared
    must be measured against the same patches: more of them are nearer.
    """
    vectors, boxes = _patch_vectors(images)
    distance = np.stack(
        [
            nearest_neighbours(torch.from_numpy(mine), torch.from_numpy(real), 1).distances[:, 0]
            for mine, real in zip(vectors, reference.patches, strict=True)
        ]
    )
    return Detections(distance.max(axis=0), boxes[distance.argmax(axis=0)])


def _patch_vectors(
    images: Images,
) -> tuple[Float[np.ndarray, "places count dim"], Int[np.ndarray, "places 4"]]:
    """Return, for each place, every image's patch there; the places' boxes."""
    step = max(1, min(images.shape[1:3]) // 4 // PATCH_SIDE)
    side = PATCH_SIDE * step
    corners = _corners(images.shape[1:3], side)
    vectors = np.empty((len(corners), len(images), 3 * PATCH_SIDE**2), np.float32)
    for place, (row, column) in enumerate(corners):
        part = images[:, row : row + side, column : column + side]
        part = part.reshape(len(images), PATCH_SIDE, step, PATCH_SIDE, step, 3)
        vectors[place] = (part.mean(axis=(2, 4)) / 255).reshape(len(images), -1)
    return vectors, np.array([(row, column, side, side) for row, column in corners])


Rule = Callable[[Images, ReferenceStatistics], Detections]
RULES: dict[str, Rule] = {
    "periodic_texture": lambda images, _: periodic_texture(images),
    "glowing_blobs": glowing_blobs,
    "foreign_patches": foreign_patches,
}
UNITS = {
    "periodic_texture": "dB above the frequencies around",
    "glowing_blobs": "luminance above the usual contrast",
    "foreign_patches": "distance of colours",
}


def detect(rule: str, images: Images, reference: ReferenceStatistics) -> Detections:
    """Apply one of ``RULES``, in batches: each image's score depends on it alone."""
    parts = [
        RULES[rule](images[first : first + BATCH], reference)
        for first in range(0, len(images), BATCH)
    ]
    return Detections(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.boxes for part in parts]),
    )


def threshold(
    real_scores: Float[np.ndarray, " count"], false_alarms: float = FALSE_ALARMS
) -> float:
    """Return the score that a share ``false_alarms`` of real images exceeds.

    Raises ValueError if there are too few of them for so rare a thing.
    """
    if len(real_scores) * false_alarms < 1:
        raise ValueError(
            f"{len(real_scores)} real images cannot show a false-alarm rate of {false_alarms:g}"
        )
    return float(np.quantile(real_scores, 1 - false_alarms, method="higher"))


def flagged(scores: Float[np.ndarray, " count"], limit: float) -> Estimate:
    """Return the share above the limit, with its interval.

    Of other real images than those of the limit the share is the rule's false-alarm rate.
    """
    return proportion(scores > limit)


def _luminance(images: Images) -> Float[np.ndarray, "count h w"]:
    return images.astype(np.float64) / 255 @ np.asarray(LUMINANCE)


def _corners(size: tuple[int, ...], side: int) -> list[tuple[int, int]]:
    """Return the corners of half-overlapping squares that cover an image to its borders."""
    rows, columns = (sorted({*range(0, n - side, side // 2), n - side}) for n in size)
    return [(row, column) for row in rows for column in columns]
