"""What positional encodings hold: frequencies, components, structure (Sec. 4.4; Fig. 4, 5, 14)."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import fft
from sklearn.decomposition import PCA  # type: ignore[import-untyped]

from cipslib.analysis.spectra import Spectrum, centroid, encoding_spectrum, share_above
from cipslib.metrics.intervals import Estimate
from cipslib.networks.generator import Generator
from cipslib.utils.errors import TooSmallError, UserError
from cipslib.utils.shapes import Float, UInt8

COMPONENTS = 3  # which are shown as red, green and blue (Fig. 5, 14)
CYCLES = 8.0  # across the image: about the finest parts of a face that have a name, the eyes
ROUNDING = 1e-12  # of shares of the variance, by the fast Fourier transform
BRIGHTEST = 0.99  # quantile of a component's magnitude that is drawn at full strength


@torch.inference_mode()
def positional_encodings(generator: Generator) -> dict[str, Float[np.ndarray, "_ h w"]]:
    """Return the encodings that the generator has, "fourier" and "embedding", on its training grid.

    The table of embeddings is read as it was trained, whatever the interpolation of an evaluation.
    """
    rows = {}
    if generator.fourier is not None:
        rows["fourier"] = generator.fourier(generator.grid)
    if generator.embedding is not None:
        rows["embedding"] = generator.embedding.table
    height = generator.config.resolution
    return {
        name: values.T.unflatten(1, (height, -1)).cpu().numpy() for name, values in rows.items()
    }


@dataclass(frozen=True)
class Components:
    """The main directions in which an encoding varies over the image, strongest first."""

    maps: Float[np.ndarray, "count h w"]  # in units of the encoding
    explained: Float[np.ndarray, " count"]  # share of the variance


def principal_components(encoding: Float[np.ndarray, "features h w"]) -> Components:
    """Take the PCA over positions, by scikit-learn, exactly, from the covariance: three components.

    Signs and the basis of the features are arbitrary. Here each map's inner product with
    exp(x + y / 2), which has a part in every smooth pattern, is positive; so the maps do not change
    when the features are mixed by a rotation.
    """
    features, height, width = _check(encoding)
    if features < COMPONENTS:
        raise UserError(f"an encoding of {features} features: a colour needs three components")
    pca = PCA(COMPONENTS, svd_solver="covariance_eigh")
    maps = pca.fit_transform(encoding.reshape(features, -1).T.astype(np.float64)).T
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    maps *= np.where(maps @ np.exp(x + y / 2).ravel() < 0, -1, 1)[:, None]
    return Components(
        maps.reshape(COMPONENTS, height, width), explained=pca.explained_variance_ratio_
    )


def as_rgb(components: Components) -> UInt8[np.ndarray, "h w 3"]:
    """Show three components as red, green and blue; mid-grey is the encoding's mean (Fig. 5, 14).

    Each is scaled by the 99 % quantile of its magnitude: colours of two images say what varies
    together, not how much.
    """
    strength = np.quantile(np.abs(components.maps), BRIGHTEST, axis=(1, 2), keepdims=True)
    scaled = components.maps / np.where(strength > 0, strength, 1)
    return np.round(127.5 + 127.5 * scaled.clip(-1, 1)).astype(np.uint8).transpose(1, 2, 0)


def spatial_structure(encoding: Float[np.ndarray, "features h w"]) -> float:
    """Return how much of an encoding is large-scale structure: about 0 for white noise, 1 if it is
    smooth.

    The share of the power below ``CYCLES`` cycles across the image, zero left out, less the share
    that white noise has there, over what is left to white noise:
    ``(share - chance) / (1 - chance)``.

    Why it decides "less spatial structural information" (App. B) between data sets: a table is a
    pattern plus what is left of its white start; the number is the pattern's part in the variance.
    Band and chance go with the size, so the same pattern over the same noise has the same number at
    64 as at 256 px, which neither explained variance nor the correlation of neighbours has. Power
    is that of the cosine transform (DCT-II): it does not take the jump between opposite borders for
    detail. Raises ValueError for an encoding that does not vary, TooSmallError for one that is too
    small for the band.
    """
    _, height, width = _check(encoding)
    power = (fft.dctn(encoding.astype(np.float64), axes=(1, 2), norm="ortho") ** 2).sum(axis=0)
    power[0, 0] = 0.0  # the mean over the positions
    low = np.hypot(*np.ogrid[:height, :width]) <= 2 * CYCLES  # half a cycle an index
    if min(height, width) <= 2 * CYCLES:
        raise TooSmallError(f"{height} x {width} positions have nothing beyond {CYCLES:g} cycles")
    if power.sum() == 0:
        raise ValueError("the encoding is the same everywhere: it has no structure to measure")
    low[0, 0] = False
    chance = low.sum() / (low.size - 1)
    share = power[low].sum() / power.sum()
    return float((share - chance) / (1 - chance))


def bottom_structure(encoding: Float[np.ndarray, "features h w"]) -> float:
    """Return how much more the lowest rows are each of one piece than other rows: 1 for noise.

    Of a row it is the share of its power that its mean over the columns has; then the mean share
    of the lowest sixteenth, over the median of all rows. It decides whether there is "a horizontal
    structure at the bottom" (App. B, Fig. 14). Raises ValueError for a row that is 0 everywhere.
    """
    centred = encoding - encoding.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    power = (centred**2).mean(axis=2).sum(axis=0)
    if power.min() == 0:
        raise ValueError("a row of the encoding is 0 everywhere: it has no structure to measure")
    shares = (centred.mean(axis=2) ** 2).sum(axis=0) / power
    lowest = max(1, len(shares) // 16)
    return float(shares[-lowest:].mean() / np.median(shares))


def learned_part(
    encoding: Float[np.ndarray, "features h w"], start: Float[np.ndarray, "features h w"]
) -> Float[np.ndarray, "features h w"]:
    """Return what of an encoding its values before training, scaled, do not explain.

    Each feature's mean is 0, and it is orthogonal to the start.
    """
    now, then = (one - one.mean(axis=(1, 2), keepdims=True) for one in (encoding, start))
    return now - (now * then).sum() / (then**2).sum() * then


@dataclass(frozen=True)
class Match:
    """How well a few maps explain an image, and what chance would make of it."""

    r2: float  # share of the image's variance
    by_chance: float  # the mean of the same, over all other places that the image can be moved to
    p: float  # the share of all places, its own among them, where it is explained as well


def mean_image_match(components: Components, mean_image: Float[np.ndarray, "h w 3"]) -> Match:
    """Test whether the components show "key points of the averaged face" (Fig. 5).

    The training set's mean image, its three colours, is regressed on the components' maps. Any two
    smooth images are alike to some degree; so the same is done with the mean image moved
    cyclically to every other place, which keeps its smoothness. Nothing is drawn: the same maps
    and image have the same p, at least 1 / (h w). Raises UserError if sizes differ, ValueError
    for an image of one colour.
    """
    count, height, width = components.maps.shape
    if mean_image.shape[:2] != (height, width):
        raise UserError(
            f"the mean image has {mean_image.shape[0]} x {mean_image.shape[1]} px, the encoding "
            f"{height} x {width} positions"
        )
    centred = mean_image - mean_image.mean(axis=(0, 1))
    total = (centred**2).sum()
    if total == 0:
        raise ValueError("the mean image is of one colour: there is nothing to explain")
    maps = components.maps.reshape(count, -1)[components.explained > 1e-9]
    basis = np.linalg.qr(maps.T)[0].T.reshape(-1, height, width)
    colours = centred.transpose(2, 0, 1)
    explained = (_inner_products(basis, colours) ** 2).sum(axis=(0, 1)).ravel() / total
    as_well = explained >= explained[0] - ROUNDING
    return Match(float(explained[0]), float(explained[1:].mean()), float(as_well.mean()))


@dataclass(frozen=True)
class EncodingMeasures:
    """One encoding's numbers; each is explained where it is computed."""

    spectrum: Spectrum
    frequency: Estimate  # mean, in cycles a pixel
    high: Estimate  # share of the power above a quarter of a cycle a pixel
    components: Components
    structure: float
    bottom: float  # structure of the lowest rows
    match: Match  # of the components and the mean image


@dataclass(frozen=True)
class MeasuredEncodings:
    """The encodings ("fourier", "embedding") of a trained generator, and how they came about."""

    encodings: dict[str, EncodingMeasures]
    start: EncodingMeasures | None  # the table as it was before training; None: there is none
    learned: EncodingMeasures | None  # what training added to that; None: the start is not known


def measure_encoding(
    values: Float[np.ndarray, "features h w"], mean_image: Float[np.ndarray, "h w 3"]
) -> EncodingMeasures:
    """Measure an encoding, beside the mean image of what it was trained on."""
    spectrum = encoding_spectrum(values)
    components = principal_components(values)
    return EncodingMeasures(
        spectrum,
        frequency=centroid(spectrum),
        high=share_above(spectrum),
        components=components,
        structure=spatial_structure(values),
        bottom=bottom_structure(values),
        match=mean_image_match(components, mean_image),
    )


def measure_encodings(
    generator: Generator,
    initial: Generator,
    mean_image: Float[np.ndarray, "h w 3"],
    own_start: bool,
) -> MeasuredEncodings:
    """Measure the encodings of a generator and of ``initial``, the same before training.

    ``own_start``: ``initial`` is what this generator began with. If it is another of the same kind,
    nothing is known of what training added.
    """
    encodings = positional_encodings(generator)
    table, start = encodings.get("embedding"), positional_encodings(initial).get("embedding")
    learned = None
    if table is not None and start is not None and own_start:
        learned = measure_encoding(learned_part(table, start), mean_image)
    return MeasuredEncodings(
        {kind: measure_encoding(values, mean_image) for kind, values in encodings.items()},
        start=None if start is None else measure_encoding(start, mean_image),
        learned=learned,
    )


def _inner_products(
    maps: Float[np.ndarray, "maps h w"], colours: Float[np.ndarray, "colours h w"]
) -> Float[np.ndarray, "maps colours h w"]:
    """Return those of each map and each colour moved by (rows, columns); the first: not moved."""
    of_maps, of_colours = (np.fft.rfft2(each) for each in (maps, colours))
    spectra = of_maps[:, None] * of_colours[None].conj()
    return np.fft.irfft2(spectra, s=maps.shape[1:])


def _check(encoding: Float[np.ndarray, "features h w"]) -> tuple[int, int, int]:
    features, height, width = encoding.shape
    if min(encoding.shape) < 1 or height * width < 2:
        raise ValueError(f"an encoding of shape {encoding.shape} has nothing to compare")
    if not np.isfinite(encoding).all():
        raise ValueError("a value of the encoding is not finite")
    return features, height, width
