"""Periodic texture, the artifact of Fig. 12 that a rule can find (Sec. 4.9).

The paper sees "wavy texture (in hair) and repeated lines pattern (in buildings)". Each image gets a
score, larger being more conspicuous. Real images have fences and stripes, too: so nothing is an
artifact by its score alone. The threshold is a high quantile of the scores of real images, which
fixes the false-alarm rate, and the share of generated images above it stands beside that of other
real images.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import maximum_filter  # type: ignore[attr-defined]
from scipy.signal.windows import hann

from cipslib.analysis.spectra import LUMINANCE
from cipslib.utils.errors import TooSmallError
from cipslib.utils.shapes import Float, Int, UInt8

Images = UInt8[np.ndarray, "count h w 3"]

LOWEST = 0.125  # cycles a pixel: below, a few stripes across a part are what images consist of
RING = [  # sixteen frequencies around one, out of the reach of the window's main lobe
    (round(4 * np.sin(angle)), round(4 * np.cos(angle))) for angle in np.arange(16) * np.pi / 8
]
OUTWARD = 3  # frequencies farther out in the same direction: a straight edge is as strong there
OFF_AXIS = 1.5  # frequencies nearer than this to an axis are of window frames, horizons, borders
VISIBLE = 2 / 255  # of luminance above and below: a fainter wave is hardly seen
SMALLEST = 32  # px a side: below, half an image has too few frequencies
BATCH = 250  # images in memory as numbers


@dataclass(frozen=True)
class Detections:
    """A score for each image, and where in it: (row, column, height, width) of a part, px."""

    scores: Float[np.ndarray, " count"]
    boxes: Int[np.ndarray, "count 4"]


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
    Raises TooSmallError for images below 32 px, whose squares have too few frequencies.
    """
    height, width = images.shape[1:3]
    if min(height, width) < SMALLEST:
        raise TooSmallError(
            f"images of {height} x {width} px: the rule for periodic texture needs {SMALLEST} px"
        )
    batches = np.split(images, range(BATCH, len(images), BATCH))
    found = [_strongest_peaks(batch) for batch in batches]
    return Detections(
        np.concatenate([one.scores for one in found]), np.concatenate([one.boxes for one in found])
    )


def _strongest_peaks(images: Images) -> Detections:
    side = min(images.shape[1:3]) // 2
    window = np.outer(hann(side, sym=False), hann(side, sym=False))
    faintest = (VISIBLE / 2 * window.sum()) ** 2 / (window**2).sum()  # power of such a wave's peak
    searched = _searched(side)
    outward = _outward(searched, side)
    luminance = images.astype(np.float64) / 255 @ np.asarray(LUMINANCE)
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


def _corners(size: tuple[int, ...], side: int) -> list[tuple[int, int]]:
    """Return the corners of half-overlapping squares that cover an image to its borders."""
    rows, columns = (sorted({*range(0, n - side, side // 2), n - side}) for n in size)
    return [(row, column) for row in rows for column in columns]


def threshold(real_scores: Float[np.ndarray, " count"], false_alarms: float) -> float:
    """Return the score that a share ``false_alarms`` of real images exceeds.

    Raises ValueError if there are too few of them for so rare a thing.
    """
    if len(real_scores) * false_alarms < 1:
        raise ValueError(
            f"{len(real_scores)} real images cannot show a false-alarm rate of {false_alarms:g}"
        )
    return float(np.quantile(real_scores, 1 - false_alarms, method="higher"))
