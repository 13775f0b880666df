"""Numbers of spectra: what Fig. 4, 7 and 9 show, with intervals (Sec. 4.4, 4.5, 4.7).

A ``band`` is of frequencies in cycles a pixel, ends included; the ring of the zero frequency is
never in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from cipslib.analysis.spectra import (
    FLOOR,
    NYQUIST,
    Spectrum,
    check_alike,
    joined,
    luminance_chunks,
    power_spectrum,
    radii,
    windowed_power,
)
from cipslib.metrics.bootstrap import (
    bootstrap_means,
    percentile_interval,
    ratio_interval,
    split_means,
)
from cipslib.metrics.intervals import LEVEL, Estimate, jackknife
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Bool, Float, UInt8

NEIGHBOURHOOD = 5  # frequencies a side, in ``spectral_roughness``
Band = tuple[float, float]


@dataclass(frozen=True)
class SpectralDistance:
    """How far two sets' curves lie apart, and what chance would make of it."""

    distance: Estimate
    chance: float  # below this, ``LEVEL`` of all random divisions of the same images lie
    p: float  # the share of those divisions that are at least as far apart


def spectral_distance(
    first: Spectrum, second: Spectrum, band: Band = (0.0, NYQUIST), seed: int = 0
) -> SpectralDistance:
    """Return the mean absolute difference of two azimuthal curves (Fig. 7b) over a band, in dB.

    All rings count alike, as they do to the eye in the figure; (0.25, 0.5) is the tail.

    Two sets of the same source are not at distance 0, but at one that falls with their size. A
    bootstrap over the images of both sets shows this bias: resampled distances lie above the plain
    one. Estimate and interval are both reflected at the plain distance d (Efron & Tibshirani 1993):
    2 d less the mean, and 2 d less the quantiles, of the resampled ones, none below 0; so the
    estimate is in its interval. ``chance`` and ``p`` are of plain distances of random divisions of
    all images into two such sets, which have that bias, too.
    Raises UserError if the spectra differ in convention or size, or no ring is in the band.
    """
    check_alike(first, second)
    rings = _in_band(first, band)
    a = first.values[:, rings]
    b = second.values[:, rings]

    def distance(mean_a: np.ndarray, mean_b: np.ndarray) -> np.ndarray:
        return np.abs(first.curves(mean_a) - second.curves(mean_b)).mean(axis=1)

    value = distance(a.mean(axis=0, keepdims=True), b.mean(axis=0, keepdims=True))[0]
    resampled = distance(bootstrap_means(a, seed), bootstrap_means(b, seed + 1))
    high, low = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    corrected = (max(0.0, float(2 * value - each)) for each in (resampled.mean(), low, high))
    divided = distance(*split_means(np.concatenate((a, b)), len(a), seed + 2))
    return SpectralDistance(
        Estimate(*corrected),
        chance=float(np.quantile(divided, LEVEL)),
        p=float((1 + (divided >= value).sum()) / (1 + len(divided))),
    )


def decay(spectrum: Spectrum, band: Band = (0.06, 0.45)) -> float:
    """Return alpha of power ~ 1/f^alpha, about 2 for photographs (Field 1987).

    By least squares on the logarithms of the mean power, rings weighted by their members, which is
    one over the variance of their logarithm. A band from less than five cycles across the image on
    makes a steep spectrum steeper: there rings are coarse, and a window mixes frequencies.
    """
    rings = _in_band(spectrum, band)
    if rings.sum() < 3:
        raise UserError(
            f"fewer than three rings are between {band[0]} and {band[1]} cycles a pixel"
        )
    mean = spectrum.values.mean(axis=0)[rings]
    if not (mean > 0).all():
        raise ValueError("the spectrum has no power in some ring, so its logarithm has no slope")
    weights = np.sqrt(spectrum.members[rings])
    return -float(np.polyfit(np.log(spectrum.frequencies[rings]), np.log(mean), 1, w=weights)[0])


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
    tail. Of images it decides what takes away or adds "fine detail" (Sec. 4.4, Fig. 6) and whether
    the tail is too heavy (Fig. 7): high frequencies are what detail is made of, and noise and
    artifacts, too; so the share of real images belongs beside it. White noise has 0.80 of its power
    above 0.25.
    """
    rings = _in_band(spectrum, (frequency, 1.0))
    power = spectrum.values * spectrum.members
    return ratio_interval(power[:, rings].sum(axis=1), power[:, 1:].sum(axis=1), seed)


def high_frequency_energy(
    images: UInt8[np.ndarray, "count h w 3"], above: float = NYQUIST / 2, seed: int = 0
) -> Estimate:
    """Return ``share_above`` of images."""
    return share_above(power_spectrum(images), above, seed)


def shared_limits(*spectra: Spectrum) -> tuple[float, float]:
    """Return the least and greatest dB of all planes, for one colour scale (Fig. 4, 7a).

    The zero frequency is left out: it is another matter, and far from the rest.
    """
    values = []
    for spectrum in spectra:
        height, width = spectrum.plane.shape
        others = spectrum.plane.copy()
        others[height // 2, width // 2] = spectrum.plane[height // 2, width // 2 - 1]
        values += [others.min(), others.max()]
    return float(min(values)), float(max(values))


@dataclass(frozen=True)
class Roughness:
    """How far single frequencies of a mean spectrum stand out of those around them, in dB."""

    rms: float
    strongest: float
    noise: float  # the rms that this many images have by chance, about


def spectral_roughness(spectrum: Spectrum, above: float = NYQUIST / 2) -> Roughness:
    """Measure the "grid-like pattern" (Fig. 7a) that upsampling by convolutions leaves.

    The mean spectrum of images is smooth; a pattern is single strong frequencies in a grid. So the
    difference between the mean dB and their median among the 5 x 5 frequencies around is taken,
    beyond ``above`` cycles a pixel: its root mean square, and its greatest value. Real images have
    some, too, the more the smaller they are (5 frequencies are a wide neighbourhood then): compare
    with real ones of the same size and number.
    """
    around = np.pad(spectrum.plane, NEIGHBOURHOOD // 2, mode="wrap")
    around = sliding_window_view(around, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    difference = spectrum.plane - np.median(around, axis=(2, 3))
    high = difference[fft.fftshift(radii(*spectrum.plane.shape)) > above]
    return Roughness(
        rms=float(np.sqrt((high**2).mean())),
        strongest=float(high.max()),
        # The logarithm of an exponentially distributed power spreads by pi / sqrt(6).
        noise=float(10 / np.log(10) * np.pi / np.sqrt(6 * len(spectrum.values))),
    )


def roughness_interval(parts: Sequence[Spectrum]) -> Estimate:
    """Return the rms of ``spectral_roughness`` of all images, jackknifed over equal parts of them.

    A bootstrap would need each image's plane. Raises UserError if the parts do not compare,
    ValueError for fewer than two.
    """
    without = [joined([*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)) if len(parts) > 1]
    return jackknife(
        spectral_roughness(joined(parts)).rms, [spectral_roughness(rest).rms for rest in without]
    )


def power_beyond_native(
    images: UInt8[np.ndarray, "batch h w 3"], factor: int
) -> Float[np.ndarray, " batch"]:
    """Return the share of each image's power that a grid ``factor`` times coarser cannot hold.

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
    shares = []
    for fields in luminance_chunks(images):
        power = windowed_power(fields)
        total = power.sum(axis=(1, 2))
        if not (total > FLOOR * beyond.size).all():
            raise UserError("an image of one colour has no power, so no share of it either")
        shares.append(power[:, beyond].sum(axis=1) / total)
    return np.concatenate(shares)


def energy_beyond_native(
    images: UInt8[np.ndarray, "batch h w 3"], factor: int, seed: int = 0
) -> Estimate:
    """Return the mean of ``power_beyond_native`` over images on a dense grid, with its interval."""
    shares = power_beyond_native(images, factor)
    resampled = bootstrap_means(shares[:, None], seed)[:, 0]
    return percentile_interval(float(shares.mean()), resampled)


def _in_band(spectrum: Spectrum, band: Band) -> Bool[np.ndarray, " rings"]:
    low, high = band
    within = (spectrum.frequencies >= low) & (spectrum.frequencies <= high)
    within[0] = False
    if not within.any():
        raise UserError(f"no ring of the spectrum is between {low} and {high} cycles a pixel")
    return within
