"""What positional encodings hold: principal components, spatial structure (Fig. 5, 14; App. B)."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import fft
from sklearn.decomposition import PCA  # type: ignore[import-untyped]

from cipslib.networks.generator import Generator
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8

CYCLES = 8.0  # across the image: about the finest parts of a face that have a name, the eyes
ROUNDING = 1e-12  # of shares of the variance, by the fast Fourier transform
BRIGHTEST = 0.99  # quantile of a component's magnitude that is drawn at full strength


@torch.inference_mode()
def positional_encodings(generator: Generator) -> dict[str, Float[np.ndarray, "_ h w"]]:
    """The encodings that the generator has, "fourier" and "embedding", on its training grid.

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
    by_chance: float  # share that as many components of as large a white-noise table have, about


def principal_components(encoding: Float[np.ndarray, "features h w"], count: int = 3) -> Components:
    """PCA over positions, by scikit-learn, exactly, from the covariance.

    Signs and the basis of the features are arbitrary. Here each map's inner product with
    exp(x + y / 2), which has a part in every smooth pattern, is positive; so the maps do not change
    when the features are mixed by a rotation.

    The explained share alone does not compare between tables of different sizes: white noise has
    3 / features of it, and more where positions are few. ``by_chance`` says how much.
    """
    features, height, width = _check(encoding)
    if not 1 <= count <= min(features, height * width):
        raise UserError(f"{count} components: must be 1 to {min(features, height * width)}")
    pca = PCA(count, svd_solver="covariance_eigh")
    maps = pca.fit_transform(encoding.reshape(features, -1).T.astype(np.float64)).T
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    maps *= np.where(maps @ np.exp(x + y / 2).ravel() < 0, -1, 1)[:, None]
    return Components(
        maps.reshape(count, height, width),
        explained=pca.explained_variance_ratio_,
        by_chance=_chance(features, height * width, count),
    )


def _chance(features: int, positions: int, count: int) -> float:
    """By the law of Marchenko and Pastur: white noise's greatest eigenvalue, over their sum."""
    greatest = (1 + np.sqrt(features / positions)) ** 2
    return float(min(1.0, count * greatest / features))


def as_rgb(components: Components) -> UInt8[np.ndarray, "h w 3"]:
    """Three components as red, green and blue; mid-grey is the encoding's mean (Fig. 5, 14).

    Each is scaled by the 99 % quantile of its magnitude: colours of two images say what varies
    together, not how much.
    """
    if len(components.maps) != 3:
        raise UserError(f"{len(components.maps)} components: a colour needs three")
    strength = np.quantile(np.abs(components.maps), BRIGHTEST, axis=(1, 2), keepdims=True)
    scaled = components.maps / np.where(strength > 0, strength, 1)
    return np.round(127.5 + 127.5 * scaled.clip(-1, 1)).astype(np.uint8).transpose(1, 2, 0)


def spatial_structure(encoding: Float[np.ndarray, "features h w"], cycles: float = CYCLES) -> float:
    """How much of an encoding is large-scale structure: about 0 for white noise, 1 if it is smooth.

    The share of the power below ``cycles`` cycles across the image, zero left out, less the share
    that white noise has there, over what is left to white noise:
    ``(share - chance) / (1 - chance)``.

    Why it decides "less spatial structural information" (App. B) between data sets: a table is a
    pattern plus what is left of its white start; the number is the pattern's part in the variance.
    Band and chance go with the size, so the same pattern over the same noise has the same number at
    64 as at 256 px, which neither explained variance nor the correlation of neighbours has. Power
    is that of the cosine transform (DCT-II): it does not take the jump between opposite borders for
    detail. Raises ValueError for an encoding that does not vary, UserError for one that is too
    small for the band.
    """
    _, height, width = _check(encoding)
    power = (fft.dctn(encoding.astype(np.float64), axes=(1, 2), norm="ortho") ** 2).sum(axis=0)
    power[0, 0] = 0.0  # the mean over the positions
    low = np.hypot(*np.ogrid[:height, :width]) <= 2 * cycles  # half a cycle an index
    if min(height, width) <= 2 * cycles or low.sum() < 2:
        raise UserError(
            f"{height} x {width} positions have nothing on one side of {cycles:g} cycles"
        )
    if power.sum() == 0:
        raise ValueError("the encoding is the same everywhere: it has no structure to measure")
    low[0, 0] = False
    chance = low.sum() / (low.size - 1)
    share = power[low].sum() / power.sum()
    return float((share - chance) / (1 - chance))


def horizontal_at_bottom(encoding: Float[np.ndarray, "features h w"]) -> float:
    """How much of the lowest eighth of the rows runs along them, over the same of the other rows.

    Of each row, the energy of its mean over the columns. About 1 for white noise, and for structure
    that is no more horizontal there than elsewhere; App. B sees one at the bottom of LSUN Churches,
    where images carry watermarks. Raises ValueError for fewer than 8 rows, or if no row has a
    mean of its own.
    """
    height = _check(encoding)[1]
    if height < 8:
        raise ValueError(f"{height} rows have no lowest eighth")
    centred = encoding - encoding.mean(axis=(1, 2), keepdims=True)
    rows = (centred.mean(axis=2) ** 2).sum(axis=0)
    bottom = height // 8
    others = rows[:-bottom].mean()
    if others == 0:
        raise ValueError("no row differs from another: there is nothing to compare")
    return float(rows[-bottom:].mean() / others)


def learned_part(
    encoding: Float[np.ndarray, "features h w"], start: Float[np.ndarray, "features h w"]
) -> Float[np.ndarray, "features h w"]:
    """What of an encoding its values before training, scaled, do not explain: each feature's mean
    is 0, and it is orthogonal to the start. Raises ValueError if the start does not vary.
    """
    now, then = (one - one.mean(axis=(1, 2), keepdims=True) for one in (encoding, start))
    energy = (then**2).sum()
    if energy == 0:
        raise ValueError("the start is the same everywhere: it explains nothing")
    return now - (now * then).sum() / energy * then


def share_of_start(
    encoding: Float[np.ndarray, "features h w"], start: Float[np.ndarray, "features h w"]
) -> float:
    """How much of an encoding's variance over the positions its values before training explain.

    The rest is ``learned_part``'s: 1 if training has changed nothing but the scale, 0 if nothing
    of the start is left. Raises ValueError if one of them is the same everywhere.
    """
    total = encoding.var(axis=(1, 2)).sum()
    if total == 0:
        raise ValueError("the encoding is the same everywhere: there is nothing to explain")
    return float(1 - learned_part(encoding, start).var(axis=(1, 2)).sum() / total)


@dataclass(frozen=True)
class Match:
    """How well a few maps explain an image, and what chance would make of it."""

    r2: float  # share of the image's variance
    by_chance: float  # the mean of the same, over all other places that the image can be moved to
    p: float  # the share of all places, its own among them, where it is explained as well


def mean_image_match(components: Components, mean_image: Float[np.ndarray, "h w 3"]) -> Match:
    """Whether the components show "key points of the averaged face" (Fig. 5).

    The training set's mean image, its three colours, is regressed on the components' maps. Any two
    smooth images are alike to some degree; so the same is done with the mean image moved
    cyclically to every other place, which keeps its smoothness. Nothing is drawn: the same maps
    and image have the same p, at least 1 / (h w). Raises UserError if sizes differ, ValueError
    for an image of one colour or with values that are not finite.
    """
    count, height, width = components.maps.shape
    if mean_image.shape[:2] != (height, width):
        raise UserError(
            f"the mean image has {mean_image.shape[0]} x {mean_image.shape[1]} px, the encoding "
            f"{height} x {width} positions"
        )
    if not np.isfinite(mean_image).all():
        raise ValueError("a value of the mean image is not finite")
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
