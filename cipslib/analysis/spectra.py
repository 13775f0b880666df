"""Spectra of pictures and of positional encodings (Sec. 4.4, 4.5, Fig. 4, 7; Durall et al. 2020).

The power at a frequency is ``|F|^2 / (H W mean(window^2))`` of values in [0, 1]: white noise of
variance s has the power s everywhere, whatever the size and the window, and the mean over all
frequencies is the mean square (Parseval). Frequencies are in cycles a pixel, logarithms in dB.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft
from scipy.signal.windows import hann

from cipslib.metrics.bootstrap import (
    bootstrap_means,
    percentile_interval,
    ratio_interval,
    split_means,
)
from cipslib.metrics.intervals import LEVEL, Estimate, jackknife
from cipslib.metrics.measurement import Entry
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8

LUMINANCE = (0.299, 0.587, 0.114)  # Rec. 601, as most programs turn colour into grey
FLOOR = 1e-12  # added before the logarithm, -120 dB; rounding to 8 bits alone makes -59 dB
NYQUIST = 0.5
AT_ONCE = 2**20  # values transformed at once: 16 MB of complex numbers
NEIGHBOURHOOD = 5  # frequencies a side, in ``artefacts``

Pictures = UInt8[np.ndarray, "count h w 3"] | Iterable[UInt8[np.ndarray, "_ h w 3"]]

CHOICES = {
    "window": ("hann", "none"),
    "colour": ("luminance", "channels"),
    "rings": ("nearest", "durall"),
    "average": ("power", "log"),
    "normalise": ("none", "first", "dc", "quotient"),
}


@dataclass(frozen=True)
class SpectrumProtocol:
    """How a spectrum is taken. The paper says none of it; each default is what hides least.

    - window: "hann", against the jump between opposite borders, which puts a cross of false high
      frequencies into the spectrum of every picture; or "none";
    - remove_mean: each picture's own, before the window;
    - colour: of the "luminance", or the mean power of the three "channels";
    - rings: "nearest" sums up the frequencies by their radius, rounded; "durall" truncates the
      radius around a centre that is half a frequency off for even sizes, as Durall's code does;
    - average: the logarithm of the pictures' mean "power", or the mean of their "log" spectra;
    - normalise, each picture before the average: "none"; by its power in the "first" ring above
      the zero frequency; by that in the ring of the zero frequency, "dc"; "quotient" (with average
      "log"), 20 ln|F| of values in [0, 255] divided by its value there, as Durall's code does.
    """

    window: str = "hann"
    remove_mean: bool = True
    colour: str = "luminance"
    rings: str = "nearest"
    average: str = "power"
    normalise: str = "none"

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise UserError(f"{name} is {value!r}, must be one of {', '.join(allowed)}")
        if self.normalise in ("dc", "quotient") and self.remove_mean:
            raise UserError(f"normalise {self.normalise} needs the mean: set remove_mean to false")
        if self.normalise == "quotient" and self.average != "log":
            raise UserError("normalise quotient divides logarithms: set average to log")

    @property
    def entries(self) -> dict[str, Entry]:
        """What a number's protocol says of it."""
        return {**asdict(self), "values": "uint8 / 255"}


DURALL = SpectrumProtocol(
    window="none", remove_mean=False, rings="durall", average="log", normalise="quotient"
)


@dataclass(frozen=True)
class Spectrum:
    """Spectra of ``count`` pictures, of each by rings and of their mean by frequency."""

    protocol: SpectrumProtocol
    frequencies: Float[np.ndarray, " rings"]  # mean radius of each ring
    members: Float[np.ndarray, " rings"]  # frequencies in each ring
    power: Float[np.ndarray, "count rings"]  # each picture's mean power in a ring
    logs: Float[np.ndarray, "count rings"]  # each picture's mean dB in a ring
    plane: Float[np.ndarray, "h w"]  # mean over the pictures in dB, zero frequency in the middle

    @property
    def contributions(self) -> Float[np.ndarray, "count rings"]:
        """Each picture's part in the curve: normalised power, or logarithms if those are averaged.

        Raises ValueError if a picture has nothing in the ring that it is normalised by.
        """
        kind = self.protocol.normalise
        values = self.power if self.protocol.average == "power" else self.logs
        if kind == "none":
            return values
        ring = 1 if kind == "first" else 0
        if not (self.power[:, ring] > FLOOR).all():
            raise ValueError(f"a picture has no power in ring {ring}, by which it is normalised")
        if kind == "quotient":
            values = np.log(10) * values + 10 * np.log(255**2 * self.plane.size)
        if kind == "quotient" or self.protocol.average == "power":
            return values / values[:, [ring]]
        return values - values[:, [ring]]

    @property
    def curve(self) -> Float[np.ndarray, " rings"]:
        """The azimuthal integration (Fig. 7b) of all pictures, in dB, or a quotient."""
        return self._curves(self.contributions.mean(axis=0, keepdims=True))[0]

    def _curves(self, means: Float[np.ndarray, "draws rings"]) -> Float[np.ndarray, "draws rings"]:
        return decibels(means) if self.protocol.average == "power" else means


def decibels(power: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """10 log10 of the power, which is 20 log10 of the magnitude."""
    return 10 * np.log10(power + FLOOR)


def spectrum_of_pictures(pictures: Pictures, protocol: SpectrumProtocol | None = None) -> Spectrum:
    """Of an array, also one on disk, or of batches, as they come: none is kept.

    Memory: 16 bytes a picture and ring, and 16 MB or 16 bytes a pixel of one picture.
    Raises ValueError if there are no pictures, or not all are of one size.
    """
    protocol = protocol or SpectrumProtocol()
    batches = [pictures] if isinstance(pictures, np.ndarray) else pictures
    return _measure((_colours(part, protocol) for part in _parts(batches)), protocol)


def joined(parts: Sequence[Spectrum]) -> Spectrum:
    """Of all pictures together. Raises UserError if the parts differ in protocol or size."""
    first, counts = parts[0], [len(part.power) for part in parts]
    for part in parts:
        _check_alike(first, part)
    return replace(
        first,
        power=np.concatenate([part.power for part in parts]),
        logs=np.concatenate([part.logs for part in parts]),
        plane=np.average([part.plane for part in parts], axis=0, weights=counts),
    )


def spectrum_of_encoding(
    encoding: Float[np.ndarray, "features h w"], protocol: SpectrumProtocol | None = None
) -> Spectrum:
    """Of a positional encoding (Fig. 4), each feature being a picture of its own."""
    protocol = protocol or SpectrumProtocol()
    fields = (part[:, None].astype(np.float64) for part in _parts([encoding]))
    return _measure(fields, protocol)


def _parts(batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for batch in batches:
        step = max(1, AT_ONCE // max(1, batch[:1].size))
        for start in range(0, len(batch), step):
            yield batch[start : start + step]


def _colours(
    pictures: UInt8[np.ndarray, "batch h w 3"], protocol: SpectrumProtocol
) -> Float[np.ndarray, "batch channels h w"]:
    values = pictures.astype(np.float64) / 255
    if protocol.colour == "luminance":
        return (values @ LUMINANCE)[:, None]
    return values.transpose(0, 3, 1, 2)


def _measure(
    batches: Iterable[Float[np.ndarray, "_ _ _ _"]], protocol: SpectrumProtocol
) -> Spectrum:
    power, logs = [], []
    total, plane = 0, np.zeros(())
    for fields in batches:
        if total == 0:
            height, width = fields.shape[2:]
            radii, rings = _radii(height, width), _rings(height, width, protocol.rings)
            plane = np.zeros((height, width))
        elif fields.shape[2:] != plane.shape:
            raise ValueError(f"pictures of {_size(plane)} and of {_size(fields[0, 0])} px")
        spectra = _power(fields, protocol).mean(axis=1)
        in_db = decibels(spectra)
        power.append(_ring_means(spectra, rings))
        logs.append(_ring_means(in_db, rings))
        plane += in_db.sum(axis=0)
        total += len(fields)
    if total == 0:
        raise ValueError("there are no pictures to take a spectrum of")
    return Spectrum(
        protocol,
        frequencies=_ring_means(radii[None], rings)[0],
        members=np.bincount(rings.ravel()).astype(float),
        power=np.concatenate(power),
        logs=np.concatenate(logs),
        plane=fft.fftshift(plane / total),
    )


def _power(
    fields: Float[np.ndarray, "batch channels h w"], protocol: SpectrumProtocol
) -> Float[np.ndarray, "batch channels h w"]:
    """Zero frequency first, as the transform has it."""
    height, width = fields.shape[2:]
    if min(height, width) < 4:
        raise ValueError(f"a spectrum needs at least 4 x 4 pixels, not {height} x {width}")
    if not np.isfinite(fields).all():
        raise ValueError("a value to take the spectrum of is not finite")
    if protocol.remove_mean:
        fields = fields - fields.mean(axis=(2, 3), keepdims=True)
    scale = float(height * width)
    if protocol.window == "hann":
        window = np.outer(hann(height, sym=False), hann(width, sym=False))
        fields = fields * window
        scale *= (window**2).mean()
    return np.abs(fft.fft2(fields)) ** 2 / scale


def _radii(height: int, width: int) -> Float[np.ndarray, "{height} {width}"]:
    """Each frequency's distance from zero, in cycles a pixel."""
    return np.hypot(fft.fftfreq(height)[:, None], fft.fftfreq(width))


def _rings(height: int, width: int, kind: str) -> np.ndarray:
    """Each frequency's ring; they are one cycle across the shorter side wide."""
    shorter = min(height, width)
    if kind == "nearest":
        return np.rint(_radii(height, width) * shorter).astype(int)
    y, x = (
        (fft.fftfreq(size, 1 / size) + (size // 2 - (size - 1) / 2)) / size
        for size in (height, width)
    )
    return np.floor(np.hypot(y[:, None], x) * shorter).astype(int)


def _ring_means(values: Float[np.ndarray, "batch h w"], rings: np.ndarray) -> np.ndarray:
    members = np.bincount(rings.ravel())
    sums = [np.bincount(rings.ravel(), one.ravel()) for one in values]
    return np.stack(sums) / members


def _size(picture: np.ndarray) -> str:
    return " x ".join(map(str, picture.shape))


@dataclass(frozen=True)
class SpectralDistance:
    """How far two sets' curves lie apart, and what chance would make of it."""

    distance: Estimate
    chance: float  # below this, ``LEVEL`` of all random divisions of the same pictures lie
    p: float  # the share of those divisions that are at least as far apart


def spectral_distance(
    first: Spectrum, second: Spectrum, band: tuple[float, float] = (0.0, NYQUIST), seed: int = 0
) -> SpectralDistance:
    """Mean absolute difference of two azimuthal curves (Fig. 7b), in their unit (dB).

    Over the rings whose frequency is in ``band``, ends included, the ring of the zero frequency
    left out: (0.25, 0.5) is the tail. All rings count alike, as they do to the eye in the figure.

    Two sets of the same source are not at distance 0, but at one that falls with their size. A
    bootstrap over the pictures of both sets shows this bias: resampled distances lie above the
    plain one. Estimate and interval are both reflected at the plain distance d (Efron & Tibshirani
    1993): 2 d less the mean, and 2 d less the quantiles, of the resampled ones, none below 0; so
    the estimate is in its interval. Beside them stands what random divisions of all pictures into
    two such sets show; ``chance`` and ``p`` are of plain distances, which all have that bias.
    Raises UserError if the spectra differ in protocol or size, or no ring is in the band.
    """
    rings = _common_rings(first, second, band)
    a, b = first.contributions[:, rings], second.contributions[:, rings]

    def distance(mean_a: np.ndarray, mean_b: np.ndarray) -> np.ndarray:
        return np.abs(first._curves(mean_a) - second._curves(mean_b)).mean(axis=1)

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


def _common_rings(first: Spectrum, second: Spectrum, band: tuple[float, float]) -> np.ndarray:
    _check_alike(first, second)
    return _in_band(first, band)


def _check_alike(first: Spectrum, second: Spectrum) -> None:
    if first.protocol != second.protocol:
        raise UserError(f"two protocols cannot be compared: {first.protocol} and {second.protocol}")
    if first.plane.shape != second.plane.shape:
        raise UserError(
            f"spectra of {_size(first.plane)} and of {_size(second.plane)} px cannot be compared"
        )


def _in_band(spectrum: Spectrum, band: tuple[float, float]) -> np.ndarray:
    low, high = band
    within = (spectrum.frequencies >= low) & (spectrum.frequencies <= high)
    within[0] = False
    if not within.any():
        raise UserError(f"no ring of the spectrum is between {low} and {high} cycles a pixel")
    return within


def decay(spectrum: Spectrum, band: tuple[float, float] = (0.06, 0.45)) -> float:
    """alpha of power ~ 1/f^alpha, about 2 for photographs (Field 1987).

    By least squares on the logarithms of the mean power, rings weighted by their members, which is
    one over the variance of their logarithm. A band from less than five cycles across the picture
    on makes a steep spectrum steeper: there rings are coarse, and a window mixes frequencies.
    """
    rings = _in_band(spectrum, band)
    if rings.sum() < 3:
        raise UserError(
            f"fewer than three rings are between {band[0]} and {band[1]} cycles a pixel"
        )
    mean = spectrum.power.mean(axis=0)[rings]
    if not (mean > 0).all():
        raise ValueError("the spectrum has no power in some ring, so its logarithm has no slope")
    weights = np.sqrt(spectrum.members[rings])
    return -float(np.polyfit(np.log(spectrum.frequencies[rings]), np.log(mean), 1, w=weights)[0])


def centroid(spectrum: Spectrum, seed: int = 0) -> Estimate:
    """The mean frequency, weighted with the power, in cycles a pixel; the zero frequency left out.

    It decides "embeddings have more high frequencies than Fourier features" (Fig. 4): of all
    frequencies the power has, on average, the higher one. White noise is at 0.383, the mean of the
    whole plane. A table of embeddings starts as white noise: a centroid near that says that little
    was learned, not that fine details were.
    """
    power = spectrum.power * spectrum.members
    return ratio_interval(power[:, 1:] @ spectrum.frequencies[1:], power[:, 1:].sum(axis=1), seed)


def share_above(spectrum: Spectrum, frequency: float = 0.25, seed: int = 0) -> Estimate:
    """The share of the power in rings above ``frequency``, the zero frequency left out.

    It says the same as the centroid where a few strong low frequencies hide a high tail. White
    noise has 0.80 of its power above 0.25.
    """
    rings = _in_band(spectrum, (frequency, 1.0))
    power = spectrum.power * spectrum.members
    return ratio_interval(power[:, rings].sum(axis=1), power[:, 1:].sum(axis=1), seed)


def high_frequency_energy(
    pictures: Pictures, above: float = NYQUIST / 2, seed: int = 0
) -> Estimate:
    """The share of pictures' power above ``above`` cycles a pixel, by the default conventions.

    It decides what takes away or adds "fine detail" (Sec. 4.4, Fig. 6: without embeddings it is
    gone) and whether the tail of the spectrum is too heavy (Fig. 7): high frequencies are what
    detail is made of, and noise and artefacts, too; so real pictures' share belongs beside it.
    The interval is over pictures.
    """
    return share_above(spectrum_of_pictures(pictures), above, seed)


def energy_beyond_native(
    pictures: UInt8[np.ndarray, "batch h w 3"], factor: int, seed: int = 0
) -> Estimate:
    """The mean share of ``power_beyond_native`` of pictures on a dense grid, with its interval."""
    shares = power_beyond_native(pictures, factor)
    resampled = bootstrap_means(shares[:, None], seed)[:, 0]
    return percentile_interval(float(shares.mean()), resampled)


def curve_interval(
    spectrum: Spectrum, seed: int = 0
) -> tuple[Float[np.ndarray, " rings"], Float[np.ndarray, " rings"]]:
    """Where 95 % of the curves of resampled pictures lie, ring by ring."""
    curves = spectrum._curves(bootstrap_means(spectrum.contributions, seed))
    low, high = np.quantile(curves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def shared_limits(*spectra: Spectrum) -> tuple[float, float]:
    """Least and greatest dB of all planes, so that one colour scale serves them all (Fig. 4, 7a).

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
class Artefacts:
    """The roughness of a mean spectrum at high frequencies, in dB."""

    rms: float
    strongest: float
    noise: float  # the rms that this many pictures have without any artefact, about


def artefacts(spectrum: Spectrum, above: float = 0.25) -> Artefacts:
    """How far single frequencies stand out from those around them ("grid-like pattern", Fig. 7a).

    The mean spectrum of pictures is smooth; upsampling by convolutions leaves single strong
    frequencies in a grid. So the difference between the mean dB and their median among the 5 x 5
    frequencies around is taken, beyond ``above`` cycles a pixel: its root mean square, and its
    greatest value. Real pictures have some, too, the more the smaller they are (5 frequencies are
    a wide neighbourhood then): compare with real ones of the same size and number.
    """
    around = np.pad(spectrum.plane, NEIGHBOURHOOD // 2, mode="wrap")
    around = sliding_window_view(around, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    difference = spectrum.plane - np.median(around, axis=(2, 3))
    high = difference[fft.fftshift(_radii(*spectrum.plane.shape)) > above]
    return Artefacts(
        rms=float(np.sqrt((high**2).mean())),
        strongest=float(high.max()),
        # The logarithm of an exponentially distributed power spreads by pi / sqrt(6).
        noise=float(10 / np.log(10) * np.pi / np.sqrt(6 * len(spectrum.power))),
    )


def roughness(parts: Sequence[Spectrum]) -> Estimate:
    """The rms of ``artefacts`` of all pictures, with a jackknife interval over equal parts of them.

    A bootstrap would need each picture's plane. Raises UserError if the parts do not compare,
    ValueError for fewer than two.
    """
    without = [joined([*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)) if len(parts) > 1]
    return jackknife(artefacts(joined(parts)).rms, [artefacts(rest).rms for rest in without])


def power_beyond_native(
    pictures: UInt8[np.ndarray, "batch h w 3"], factor: int
) -> Float[np.ndarray, " batch"]:
    """The share of each picture's power that a grid ``factor`` times coarser cannot hold (Fig. 9).

    Of the luminance under a Hann window: the power where either frequency exceeds the native
    Nyquist limit, half a cycle a native pixel. Pixels are those of ``superresolution``, which span
    one native pixel less than there are. It decides whether a dense grid holds details
    that the native one has not, which Lanczos cannot invent; whether they are plausible it does
    not see. Raises UserError for a picture of one colour, which has no power.
    """
    height, width = pictures.shape[1:3]
    # In cycles a native pixel: side / factor - 1 of them lie between the outermost centres.
    y, x = (np.abs(fft.fftfreq(side)) * side / (side / factor - 1) for side in (height, width))
    beyond = np.maximum(y[:, None], x)
    protocol = SpectrumProtocol()
    shares = []
    for part in _parts([pictures]):
        power = _power(_colours(part, protocol), protocol)[:, 0]
        total = power.sum(axis=(1, 2))
        if not (total > FLOOR * beyond.size).all():
            raise UserError("a picture of one colour has no power, so no share of it either")
        shares.append(power[:, beyond > NYQUIST].sum(axis=1) / total)
    if not shares:
        raise ValueError("there are no pictures to take a spectrum of")
    return np.concatenate(shares)
