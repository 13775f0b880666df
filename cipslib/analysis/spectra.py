"""Spectra of images and of positional encodings (Sec. 4.4, 4.5; Fig. 4, 7).

The power at a frequency is ``|F|^2 / (H W mean(window^2))`` of values in [0, 1]: white noise of
variance s has the power s everywhere, whatever the size and the window, and the mean over all
frequencies is the mean square (Parseval). Frequencies are in cycles a pixel, logarithms in dB.

The paper does not say how it takes a spectrum. There are two conventions here: ``power_spectrum``,
which hides least, and ``durall_spectrum``, that of the code of Durall et al. (2020), which the
paper cites.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import fft
from scipy.signal.windows import hann

from cipslib.metrics.bootstrap import bootstrap_means
from cipslib.metrics.intervals import LEVEL
from cipslib.metrics.measurement import ProtocolValue
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8

LUMINANCE = (0.299, 0.587, 0.114)  # Rec. 601, as most programs turn colour into grey
FLOOR = 1e-12  # added before the logarithm, -120 dB; rounding to 8 bits alone makes -59 dB
NYQUIST = 0.5
CHUNK_VALUES = 2**20  # values transformed at once: 16 MB of complex numbers
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

Images = UInt8[np.ndarray, "_ _ _ 3"] | Iterable[UInt8[np.ndarray, "_ _ _ 3"]]
Fields = Float[np.ndarray, "_ _ _"]  # (count, height, width)


@dataclass(frozen=True)
class Spectrum:
    """Spectra of ``count`` images: of each image by rings of frequencies, of all by frequency."""

    convention: str  # "power" or "durall"
    frequencies: Float[np.ndarray, " rings"]  # mean radius of each ring
    members: Float[np.ndarray, " rings"]  # frequencies in each ring
    values: Float[np.ndarray, "count rings"]  # each image's mean power in a ring, or its quotient
    plane: Float[np.ndarray, "h w"]  # mean over the images in dB, zero frequency in the middle

    @property
    def curve(self) -> Float[np.ndarray, " rings"]:
        """The azimuthal integration (Fig. 7b) of all images, in dB, or Durall's quotient."""
        return self.curves(self.values.mean(axis=0, keepdims=True))[0]

    def curves(self, means: Float[np.ndarray, "draws rings"]) -> Float[np.ndarray, "draws rings"]:
        """Return the curve of each mean over images of ``values``."""
        return decibels(means) if self.convention == "power" else means

    def curve_interval(
        self, seed: int = 0
    ) -> tuple[Float[np.ndarray, " rings"], Float[np.ndarray, " rings"]]:
        """Return where 95 % of the curves of resampled images lie, ring by ring."""
        curves = self.curves(bootstrap_means(self.values, seed))
        low, high = np.quantile(curves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        return low, high


def decibels(power: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """Return 10 log10 of the power, which is 20 log10 of the magnitude."""
    return 10 * np.log10(power + FLOOR)


def power_spectrum(images: Images) -> Spectrum:
    """Take the spectra of an array of images, also one on disk, or of batches; none is kept.

    Of the luminance without its mean, under a Hann window, which keeps the jump between opposite
    borders from looking like high frequencies. A ring has the frequencies whose radius rounds to
    the same number of cycles across the shorter side. The curve is in dB of the mean power.

    Raises ValueError if there are no images, or not all are of one size.
    """
    return _accumulate("power", luminance_chunks(images), windowed_power, _nearest_rings)


def encoding_spectrum(encoding: Float[np.ndarray, "features h w"]) -> Spectrum:
    """Take the ``power_spectrum`` of a positional encoding (Fig. 4), each feature as an image."""
    fields = (chunk.astype(np.float64) for chunk in _chunks(encoding))
    return _accumulate("power", fields, windowed_power, _nearest_rings)


def durall_spectrum(images: Images) -> Spectrum:
    """Take the spectra of images as the code of Durall et al. (2020) does.

    Of the luminance with its mean, without a window: 20 ln|F| of values in [0, 255], averaged over
    rings of truncated radius around a centre that is half a frequency off for even sizes, divided
    by its value in the first ring, averaged over images. Raises as ``power_spectrum``.
    """
    return _accumulate("durall", luminance_chunks(images), _plain_power, _durall_rings)


def joined(parts: Sequence[Spectrum]) -> Spectrum:
    """Return the spectrum of all images. Raises UserError for unlike conventions or sizes."""
    counts = [len(part.values) for part in parts]
    for part in parts:
        check_alike(parts[0], part)
    return replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        plane=np.average([part.plane for part in parts], axis=0, weights=counts),
    )


def check_alike(first: Spectrum, second: Spectrum) -> None:
    """Raise UserError for spectra of different conventions or sizes."""
    if first.convention != second.convention:
        raise UserError(
            f"spectra of two conventions cannot be compared: {first.convention} and "
            f"{second.convention}"
        )
    if first.plane.shape != second.plane.shape:
        raise UserError(
            f"spectra of {_size(first.plane)} and of {_size(second.plane)} px cannot be compared"
        )


def radii(height: int, width: int) -> Float[np.ndarray, "{height} {width}"]:
    """Return each frequency's distance from zero, in cycles a pixel."""
    return np.hypot(fft.fftfreq(height)[:, None], fft.fftfreq(width))


def windowed_power(fields: Fields) -> Fields:
    """Return the power of fields without their mean, under a Hann window; zero frequency first."""
    fields = fields - fields.mean(axis=(1, 2), keepdims=True)
    window = np.outer(*(hann(side, sym=False) for side in fields.shape[1:]))
    return _power(fields * window, fields[0].size * (window**2).mean())


def luminance_chunks(images: Images) -> Iterator[Fields]:
    """Yield the luminance of images, in [0, 1], a few images at once."""
    return (chunk.astype(np.float64) / 255 @ LUMINANCE for chunk in _chunks(images))


def _chunks(batches: np.ndarray | Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for batch in [batches] if isinstance(batches, np.ndarray) else batches:
        step = max(1, CHUNK_VALUES // max(1, batch[:1].size))
        for start in range(0, len(batch), step):
            yield batch[start : start + step]


def _accumulate(
    convention: str,
    chunks: Iterable[Fields],
    power_of: Callable[[Fields], Fields],
    rings_of: Callable[[int, int], np.ndarray],
) -> Spectrum:
    values, count = [], 0
    plane = np.zeros(())
    for fields in chunks:
        if count == 0:
            rings = rings_of(*fields.shape[1:])
            plane = np.zeros(fields.shape[1:])
        elif fields.shape[1:] != plane.shape:
            raise ValueError(f"images of {_size(plane)} and of {_size(fields[0])} px")
        if min(plane.shape) < 4:
            raise ValueError(f"a spectrum needs at least 4 x 4 pixels, not {_size(plane)}")
        if not np.isfinite(fields).all():
            raise ValueError("a value to take the spectrum of is not finite")
        power = power_of(fields)
        in_db = decibels(power)
        values.append(_ring_means(power if convention == "power" else in_db, rings))
        plane += in_db.sum(axis=0)
        count += len(fields)
    if count == 0:
        raise ValueError("there are no images to take a spectrum of")
    found = np.concatenate(values)
    return Spectrum(
        convention,
        frequencies=_ring_means(radii(rings.shape[0], rings.shape[1])[None], rings)[0],
        members=np.bincount(rings.ravel()).astype(float),
        values=found if convention == "power" else _quotients(found, plane.size),
        plane=fft.fftshift(plane / count),
    )


def _quotients(
    in_db: Float[np.ndarray, "count rings"], pixels: int
) -> Float[np.ndarray, "count rings"]:
    """Return 20 ln|F| of values in [0, 255], over its value in the first ring."""
    logarithms = np.log(10) * in_db + 10 * np.log(255**2 * pixels)
    return logarithms / logarithms[:, [0]]


def _plain_power(fields: Fields) -> Fields:
    return _power(fields, fields[0].size)


def _power(fields: Fields, scale: float) -> Fields:
    return np.abs(fft.fft2(fields)) ** 2 / scale


def _nearest_rings(height: int, width: int) -> Int[np.ndarray, "{height} {width}"]:
    """Return each frequency's ring; a ring is one cycle across the shorter side wide."""
    return np.rint(radii(height, width) * min(height, width)).astype(int)


def _durall_rings(height: int, width: int) -> Int[np.ndarray, "{height} {width}"]:
    y, x = (
        (fft.fftfreq(side, 1 / side) + (side // 2 - (side - 1) / 2)) / side
        for side in (height, width)
    )
    return np.floor(np.hypot(y[:, None], x) * min(height, width)).astype(int)


def _ring_means(values: Fields, rings: np.ndarray) -> Float[np.ndarray, "count rings"]:
    sums = [np.bincount(rings.ravel(), one.ravel()) for one in values]
    return np.stack(sums) / np.bincount(rings.ravel())


def _size(field: np.ndarray) -> str:
    return " x ".join(map(str, field.shape))
