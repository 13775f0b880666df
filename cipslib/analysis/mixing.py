"""What groups of layers control (App. D, Fig. 19): what a mixed image takes over from B.

A is drawn with the styles of B in one group of levels. A property that the group controls goes
over to the mixed image; one that it does not control remains that of A.
"""

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import gaussian_gradient_magnitude  # type: ignore[attr-defined]

from cipslib.analysis.spectra import LUMINANCE
from cipslib.metrics.bootstrap import bootstrap_means, percentile_interval, ratio_interval
from cipslib.metrics.intervals import Estimate
from cipslib.utils.shapes import Float, UInt8

QUANTILES = 32
COARSE, FINE = 1 / 16, 1 / 64  # scales of edges, in image widths
PROPERTIES = ("coarse structure", "fine structure", "palette", "pixels")

Images = UInt8[np.ndarray, "count h w 3"]
Properties = dict[str, Float[np.ndarray, "count _"]]
Groups = Mapping[str, Images]  # name of the group -> A with the styles of B in that group


def properties(images: Images) -> Properties:
    """Vectors of each image, one for each of ``PROPERTIES``.

    - coarse and fine structure: where edges of the luminance are, at scales of 1/16 and 1/64 of
      the image's width: the magnitude of the gradient, in a vector of length 1. Another colour,
      brightness or contrast leaves it as it is, and so does light on dark in place of dark on
      light. An image of one colour has no edges: a zero vector.
    - palette: the quantiles of red, green and blue. Moving the pixels about leaves it as it is.
    - pixels: all values, which both of them move.
    """
    values = images.astype(np.float64) / 255
    luminance = values @ np.asarray(LUMINANCE)
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    palette = np.quantile(values.reshape(len(values), -1, 3), levels, axis=1)
    return {
        "coarse structure": _structure(luminance, COARSE),
        "fine structure": _structure(luminance, FINE),
        "palette": palette.swapaxes(0, 1).reshape(len(values), -1),
        "pixels": values.reshape(len(values), -1),
    }


def _structure(
    luminance: Float[np.ndarray, "count h w"], scale: float
) -> Float[np.ndarray, "count _"]:
    sigma = scale * luminance.shape[2]
    edges = np.stack([gaussian_gradient_magnitude(one, sigma).ravel() for one in luminance])
    length = np.linalg.norm(edges, axis=1, keepdims=True)
    return np.divide(edges, length, out=np.zeros_like(edges), where=length > 0)


def transfers(a: Images, b: Images, mixed: Groups, seed: int = 0) -> dict[str, dict[str, Estimate]]:
    """How much of each property of B goes over with each group: group -> property -> share.

    The way from A to the mixed image, projected on the way from A to B, over the length of the
    latter; both squared and summed over all pairs, the interval being over pairs. 0: the property
    remains A's; 1: it becomes B's. The shares of all groups need not add up to 1.
    Raises ValueError for fewer than two pairs, or if A and B are alike in a property.
    """
    done, whole = _progress(a, b, mixed)
    return {
        group: {name: ratio_interval(of[name], whole[name], seed) for name in PROPERTIES}
        for group, of in done.items()
    }


def specialisation(a: Images, b: Images, early: Images, late: Images, seed: int = 0) -> Estimate:
    """How much more late layers move the palette, rather than the structure, than early ones do.

    The ``transfers`` of the palette less that of coarse structure, of the late group less that of
    the early one. It decides "different layers control different aspects" (App. D), early ones
    "the pose and the shape of the head", late ones "the skin color": the two properties have
    nothing in common by construction, so groups that differ in strength alone, each moving
    everything part of the way to B, have 0; the paper's division of labour is above 0, the reverse
    below. 2 would be a perfect one.
    """
    done, whole = _progress(a, b, {"early": early, "late": late})
    names = ("palette", "coarse structure")
    columns = [done[group][name] for group in ("early", "late") for name in names]
    table = np.stack([*columns, *(whole[name] for name in names)], axis=1)

    def contrast(means: np.ndarray) -> np.ndarray:
        shares = means[:, :4].reshape(-1, 2, 2) / means[:, None, 4:]
        by_group = shares[:, :, 0] - shares[:, :, 1]
        return np.asarray(by_group[:, 1] - by_group[:, 0])

    value = contrast(table.mean(axis=0, keepdims=True))[0]
    return percentile_interval(value, contrast(bootstrap_means(table, seed)))


def _progress(
    a: Images, b: Images, mixed: Groups
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Return the numerators of all pairs by group and property; the denominators by property."""
    start = properties(a)
    way = {name: value - start[name] for name, value in properties(b).items()}
    whole = {name: np.square(value).sum(axis=1) for name, value in way.items()}
    for name, lengths in whole.items():
        if not lengths.any():
            raise ValueError(f"all pairs are alike in {name}: nothing can go over")
    done = {
        group: {
            name: ((value - start[name]) * way[name]).sum(axis=1)
            for name, value in properties(images).items()
        }
        for group, images in mixed.items()
    }
    return done, whole
