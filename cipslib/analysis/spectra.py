"""Spectra of images and of positional encodings, and their numbers (Sec. 4.4, 4.5, 4.7; Fig. 4, 7).

The power at a frequency is ``|F|^2 / (H W mean(window^2))`` of values in [0, 1]: white noise of
variance s has the power s everywhere, whatever the size and the window, and the mean over all
frequencies is the mean square (Parseval). Frequencies are in cycles a pixel, logarithms in dB. The
paper does not say how it takes a spectrum.

A ``band`` is of frequencies in cycles a pixel, ends included; the ring of the zero frequency is
never in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft
from scipy.signal.windows import hann

from cipslib.metrics.bootstrap import bootstrap_means, percentile_interval, ratio_interval
from cipslib.metrics.intervals import LEVEL, Estimate, jackknife
from cipslib.metrics.measurement import ProtocolValue
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Bool, Float, Int, UInt8

LUMINANCE = (0.299, 0.587, 0.114)  # Rec. 601, as most programs turn colour into grey
FLOOR = 1e-12  # added before the logarithm, -120 dB; rounding to 8 bits alone makes -59 dB
NYQUIST = 0.5
CHUNK_VALUES = 2**20  # values transformed at once: 16 MB of complex numbers
NEIGHBOURHOOD = 5  # frequencies a side, in ``spectral_roughness``
# What a protocol says of ``power_spectrum``.
POWER_PROTOCOL: dict[str, ProtocolValue] = {
    "window": "hann",
    "remove_mean": True,
    "colour": "luminance",
    "rings": "nearest",
    "average": "power",
    "normalise": "none",
    "values": "uint8 / 255",
}

Images = UInt8[np.ndarray, "count h w 3"]
Fields = Float[np.ndarray, "_ _ _"]  # (count, height, width)
Band = tuple[float, float]


@dataclass(frozen=True)
class Spectrum:
    """Spectra of ``count`` images: of each image by rings of frequencies, of all by frequency."""

    frequencies: Float[np.ndarray, " rings"]  # mean radius of each ring
    members: Float[np.ndarray, " rings"]  # frequencies in each ring
    values: Float[np.ndarray, "count rings"]  # each image's mean power in a ring
    plane: Float[np.ndarray, "h w"]  # mean over the images in dB, zero frequency in the middle

    @property
    def curve(self) -> Float[np.ndarray, " rings"]:
        """The azimuthal integration (Fig. 7b) of all images, in dB."""
        return decibels(self.values.mean(axis=0))

    def curve_interval(
        self, seed: int = 0
    ) -> tuple[Float[np.ndarray, " rings"], Float[np.ndarray, " rings"]]:
        """Return where 95 % of the curves of resampled images lie, ring by ring."""
        curves = decibels(bootstrap_means(self.values, seed))
        low, high = np.quantile(curves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        return low, high


def decibels(power: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """Return 10 log10 of the power, which is 20 log10 of the magnitude."""
    return 10 * np.log10(power + FLOOR)


def power_spectrum(images: Images) -> Spectrum:
    """Take the spectra of an array of images, also one on disk.

    Of the luminance without its mean, under a Hann window, which keeps the jump between opposite
    borders from looking like high frequencies. A ring has the frequencies whose radius rounds to
    the same number of cycles across the shorter side. The curve is in dB of the mean power.

    Raises ValueError if there are no images, or smaller ones than 4 x 4 pixels.
    """
    return _spectrum_of(_luminance_chunks(images))


def encoding_spectrum(encoding: Float[np.ndarray, "features h w"]) -> Spectrum:
    """Take the ``power_spectrum`` of a positional encoding (Fig. 4), each feature as an image."""
    return _spectrum_of(chunk.astype(np.float64) for chunk in _chunks(encoding))


def joined(parts: Sequence[Spectrum]) -> Spectrum:
    """Return the spectrum of all images. Raises UserError for unlike sizes."""
    counts = [len(part.values) for part in parts]
    for part in parts:
        _check_alike(parts[0], part)
    return replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        plane=np.average([part.plane for part in parts], axis=0, weights=counts),
    )


def spectral_distance(
    first: Spectrum, second: Spectrum, band: Band = (0.0, NYQUIST), seed: int = 0
) -> Estimate:
    """Return the mean absolute difference of two azimuthal curves (Fig. 7b) over a band, in dB.

    All rings count alike, as they do to the eye in the figure; (0.25, 0.5) is the tail.

    Two sets of the same source are not at distance 0, but at one that falls with their size. A
    bootstrap over the images of both sets shows this bias: resampled distances lie above the plain
    one. Estimate and interval are both reflected at the plain distance d (Efron & Tibshirani 1993):
    2 d less the mean, and 2 d less the quantiles, of the resampled ones, none below 0; so the
    estimate is in its interval.
    Raises UserError if the spectra differ in size, or no ring is in the band.
    """
    _check_alike(first, second)
    rings = _in_band(first, band)
    a = first.values[:, rings]
    b = second.values[:, rings]

    def distance(mean_a: np.ndarray, mean_b: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(decibels(mean_a) - decibels(mean_b)).mean(axis=1))

    value = distance(a.mean(axis=0, keepdims=True), b.mean(axis=0, keepdims=True))[0]
    resampled = distance(bootstrap_means(a, seed), bootstrap_means(b, seed + 1))
    high, low = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    corrected = (max(0.0, float(2 * value - each)) for each in (resampled.mean(), low, high))
    return Estimate(*corrected)


def centroid(spectrum: Spectrum, seed: int = 0) -> Estimate:
    """Return the mean frequency, weighted with the power, in cycles a pixel, without the zero one.

    It decides "embeddings have more high frequencies than Fourier features" (Fig. 4): of all
    frequencies the power has, on average, the higher one. White noise is at 0.383, the mean of the
    whole plane. A table of embeddings starts as white noise: a centroid near that says that little
    was learned, not that fine details were.
    """
    power = spectrum.values * spectrum.members
    return ratio_interval(power[:, 1:] @ spectrum.frequencies[1:], power[:, 1:].sum(axis=1), seed)


def share_above(spectrum: Spectrum, frequency: float = NYQUIST / 2, seed: int = 0) -> Estimate:
    """Return the share of the power in rings above ``frequency``, without the zero frequency.

    Of encodings it says the same as the centroid where a few strong low frequencies hide a high
    tail. Of images it decides what takes away or adds "fine detail" (Sec. 4.4, Fig. 6): high
    frequencies are what detail is made of, and noise and artifacts, too; so the share of real
    images belongs beside it. White noise has 0.80 of its power above 0.25.
    """
    return ratio_interval(*_high_and_all(spectrum, frequency), seed)


def share_difference(first: Spectrum, second: Spectrum, frequency: float, seed: int) -> Estimate:
    """Return ``share_above`` of one set of images less that of another, image i being one pair.

    What differs from pair to pair in both alike does not widen the interval.
    """
    powers = [*_high_and_all(first, frequency), *_high_and_all(second, frequency)]
    table = np.stack(powers, axis=1)

    def contrast(means: Float[np.ndarray, "draws 4"]) -> Float[np.ndarray, " draws"]:
        return means[:, 0] / means[:, 1] - means[:, 2] / means[:, 3]

    value = contrast(table.mean(axis=0, keepdims=True))[0]
    return percentile_interval(value, contrast(bootstrap_means(table, seed)))


def _high_and_all(
    spectrum: Spectrum, frequency: float
) -> tuple[Float[np.ndarray, " count"], Float[np.ndarray, " count"]]:
    """Return each image's power above ``frequency``, and its power above zero."""
    power = spectrum.values * spectrum.members
    rings = _in_band(spectrum, (frequency, 1.0))
    return power[:, rings].sum(axis=1), power[:, 1:].sum(axis=1)


def spectral_roughness(spectrum: Spectrum, above: float = NYQUIST / 2) -> float:
    """Measure the "grid-like pattern" (Fig. 7a) that upsampling by convolutions leaves, in dB.

    The mean spectrum of images is smooth; a pattern is single strong frequencies in a grid. So the
    difference between the mean dB and their median among the 5 x 5 frequencies around is taken,
    beyond ``above`` cycles a pixel, and its root mean square returned. Real images have some, too,
    the more the smaller they are (5 frequencies are a wide neighbourhood then): compare with real
    ones of the same size and number.
    """
    around = np.pad(spectrum.plane, NEIGHBOURHOOD // 2, mode="wrap")
    around = sliding_window_view(around, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    difference = spectrum.plane - np.median(around, axis=(2, 3))
    high = difference[fft.fftshift(_radii(*spectrum.plane.shape)) > above]
    return float(np.sqrt((high**2).mean()))


def roughness_interval(parts: Sequence[Spectrum]) -> Estimate:
    """Return the ``spectral_roughness`` of all images, jackknifed over equal parts of them.

    A bootstrap would need each image's plane. Raises UserError if the parts do not compare,
    ValueError for fewer than two.
    """
    without = [joined([*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)) if len(parts) > 1]
    return jackknife(
        spectral_roughness(joined(parts)), [spectral_roughness(rest) for rest in without]
    )


def energy_beyond_native(images: Images, factor: int, seed: int = 0) -> Estimate:
    """Return the mean share of images' power that a grid ``factor`` times coarser cannot hold.

    The power, of the luminance under a Hann window, where either frequency exceeds the native
    Nyquist limit, half a cycle a native pixel (Fig. 9). Pixels are those of ``superresolution``,
    which span one native pixel less than there are. It decides whether a dense grid holds details
    that the native one has not, which Lanczos cannot invent; whether they are plausible it does
    not see. Raises UserError for an image of one colour, which has no power.
    """
    height, width = images.shape[1:3]
    # In cycles a native pixel: side / factor - 1 of them lie between the outermost centres.
    y, x = (np.abs(fft.fftfreq(side)) * side / (side / factor - 1) for side in (height, width))
    beyond = np.maximum(y[:, None], x) > NYQUIST
    found = []
    for fields in _luminance_chunks(images):
        power = _windowed_power(fields)
        total = power.sum(axis=(1, 2))
        if not (total > FLOOR * beyond.size).all():
            raise UserError("an image of one colour has no power, so no share of it either")
        found.append(power[:, beyond].sum(axis=1) / total)
    shares = np.concatenate(found)
    resampled = bootstrap_means(shares[:, None], seed)[:, 0]
    return percentile_interval(float(shares.mean()), resampled)


def _spectrum_of(chunks: Iterable[Fields]) -> Spectrum:
    values = []
    total: np.ndarray | float = 0.0
    for fields in chunks:
        size = fields.shape[1:]
        if min(size) < 4:
            raise ValueError(f"a spectrum needs at least 4 x 4 pixels, not {size[0]} x {size[1]}")
        if not np.isfinite(fields).all():
            raise ValueError("a value to take the spectrum of is not finite")
        power = _windowed_power(fields)
        rings = _rings(*size)
        values.append(_ring_means(power, rings))
        total = total + decibels(power).sum(axis=0)
    if not values:
        raise ValueError("there are no images to take a spectrum of")
    found = np.concatenate(values)
    return Spectrum(
        frequencies=_ring_means(_radii(*rings.shape)[None], rings)[0],
        members=np.bincount(rings.ravel()).astype(float),
        values=found,
        plane=fft.fftshift(total / len(found)),
    )


def _check_alike(first: Spectrum, second: Spectrum) -> None:
    sizes = [" x ".join(map(str, each.plane.shape)) for each in (first, second)]
    if sizes[0] != sizes[1]:
        raise UserError(f"spectra of {sizes[0]} and of {sizes[1]} px cannot be compared")


def _in_band(spectrum: Spectrum, band: Band) -> Bool[np.ndarray, " rings"]:
    low, high = band
    within = (spectrum.frequencies >= low) & (spectrum.frequencies <= high)
    within[0] = False
    if not within.any():
        raise UserError(f"no ring of the spectrum is between {low} and {high} cycles a pixel")
    return within


def _luminance_chunks(images: Images) -> Iterator[Fields]:
    """Yield the luminance of images, in [0, 1], a few images at once."""
    return (chunk.astype(np.float64) / 255 @ LUMINANCE for chunk in _chunks(images))


def _chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    step = max(1, CHUNK_VALUES // max(1, images[:1].size))
    return (images[start : start + step] for start in range(0, len(images), step))


def _windowed_power(fields: Fields) -> Fields:
    """Return the power of fields without their mean, under a Hann window; zero frequency first."""
    fields = fields - fields.mean(axis=(1, 2), keepdims=True)
    window = np.outer(*(hann(side, sym=False) for side in fields.shape[1:]))
    scale = fields[0].size * (window**2).mean()
    return np.abs(fft.fft2(fields * window)) ** 2 / scale


def _radii(height: int, width: int) -> Float[np.ndarray, "{height} {width}"]:
    """Return each frequency's distance from zero, in cycles a pixel."""
    return np.hypot(fft.fftfreq(height)[:, None], fft.fftfreq(width))


def _rings(height: int, width: int) -> Int[np.ndarray, "{height} {width}"]:
    """Return each frequency's ring; a ring is one cycle across the shorter side wide."""
    return np.rint(_radii(height, width) * min(height, width)).astype(int)


def _ring_means(values: Fields, rings: np.ndarray) -> Float[np.ndarray, "count rings"]:
    sums = [np.bincount(rings.ravel(), one.ravel()) for one in values]
    return np.stack(sums) / np.bincount(rings.ravel())
