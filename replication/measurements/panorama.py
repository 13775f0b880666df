"""`cips panorama`: round the cylinder, blends of two, their numbers (Sec. 4.8; Fig. 11, 17)."""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor

from cipslib.analysis.equivalence import blend_differences
from cipslib.analysis.panoramas import (
    cross_faded,
    half_way_contrast,
    part_edge,
    pasted,
    seam_at,
    seams_around,
    shared_outline,
    turned,
)
from cipslib.analysis.smoothness import BESIDE, seam
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import blended, panorama, random_windows
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8
from replication.measurements.common.run import AnalysisResults, measurement
from replication.measurements.common.trained_run import TrainedRun
from replication.profile.results import Arrays

PANORAMAS = 128  # and half as many blends, of one and the next
PLACES = 96  # around the cylinder, or as many as there are columns
SHOWN = 12  # panoramas that are kept for figures
PAIRS_SHOWN = 2
EXACT = 4  # pairs that are compared at a blend's ends

Images = UInt8[np.ndarray, "_ _ _ 3"]


@dataclass(frozen=True)
class PanoramaSet:
    """Images of one generator of the cylinder, and real ones of what it was trained on."""

    whole: Images  # panoramas
    blend: Images  # of panoramas 0 and 1, 2 and 3, ...
    windows: Images  # of the same panoramas, as wide as high
    real: Images

    @property
    def pairs(self) -> tuple[Images, Images]:
        """The first and the second of each blend."""
        return self.whole[0::2], self.whole[1::2]


def measure(trained: TrainedRun) -> AnalysisResults:
    """Measure seams and blends. Raises UserError for StyleGAN2 and generators of the plane."""
    generator = _cylinder_generator(trained)
    seed = trained.evaluation.seed
    w = sample_w(generator, PANORAMAS, seed)
    images = _render(trained, generator, w)
    measured = {
        "seam": _seams(trained, images),
        "shared_outline": _outlines(trained, images),
        **_blending(trained, images),
    }
    details = {
        "columns": images.whole.shape[2],
        "blends_apart": _blend_differences(generator, w[: 2 * EXACT], seed),
    }
    return AnalysisResults(measured, details, _arrays(images, seed))


def _cylinder_generator(trained: TrainedRun) -> Generator:
    generator = trained.generator
    if not isinstance(generator, Generator) or not generator.config.circumference:
        raise UserError(
            f"run {trained.run.name} must have a generator of the cylinder: model cips, "
            "cips.circumference above 0"
        )
    return generator


def _render(
    trained: TrainedRun, generator: Generator, w: Float[Tensor, "styles style"]
) -> PanoramaSet:
    seed = trained.evaluation.seed
    pairs = zip(w[0::2], w[1::2], strict=True)
    count = min(PANORAMAS, len(trained.training_indices))
    chosen = np.random.default_rng(seed).choice(trained.training_indices, count, replace=False)
    return PanoramaSet(
        whole=panorama(generator, w),
        blend=np.concatenate([panorama(generator, blended(*pair)) for pair in pairs]),
        windows=random_windows(generator, w, seed),
        real=np.array(trained.real[np.sort(chosen)]),
    )


def _arrays(images: PanoramaSet, seed: int) -> Arrays:
    """Return what Fig. 11 and 17 need, and the seam at places around, first where they are cut."""
    width = images.whole.shape[2]
    places = min(PLACES, width)
    columns = np.arange(places) * width // places
    first, second = (some[:PAIRS_SHOWN] for some in images.pairs)
    return {
        "panoramas": images.whole[:SHOWN],
        "windows": images.windows[:SHOWN],
        "real": images.real[:SHOWN],
        "blend": images.blend[:PAIRS_SHOWN],
        "blend.pasted": pasted(first, second),
        "blend.cross-fade": cross_faded(first, second),
        "cuts.degrees": columns * 360 / width,
        "cuts.seam": seams_around(images.whole, columns, seed),
    }


def _seams(trained: TrainedRun, images: PanoramaSet) -> dict[str, Measurement | None]:
    """Measure the step where panoramas are cut, at a cut elsewhere, and at joined ends."""
    seed = trained.evaluation.seed
    elsewhere = seam_at(images.whole, _elsewhere(images.whole, seed), seed)

    def number(value: Estimate, some: Images, of: str) -> Measurement:
        how = {"images": len(some), "columns": some.shape[2], "beside": BESIDE, "of": of}
        text = "step across a seam over the steps beside it"
        return measurement(trained, text, value, **how)

    found = {
        kind: number(seam(some, seed), some, of)
        for kind, some, of in (
            ("generated", images.whole, "where all panoramas are cut"),
            ("blend", images.blend, "where all blends are cut"),
            ("windows, ends joined", images.windows, "the two ends, joined"),
            ("real, ends joined", images.real, "the two ends, joined"),
        )
    }
    return {
        **found,
        "cut elsewhere": number(elsewhere, images.whole, "a random place of each panorama"),
    }


def _outlines(trained: TrainedRun, images: PanoramaSet) -> dict[str, Measurement | None]:
    """Measure whether all panoramas are alike; beside it those begun anywhere, alike by chance."""
    seed = trained.evaluation.seed
    begun_anywhere = turned(images.whole, _elsewhere(images.whole, seed))
    return {
        kind: measurement(
            trained,
            "share of the changes around that all images have",
            shared_outline(some, seed),
            images=len(some),
        )
        for kind, some in (("generated", images.whole), ("turned at random", begun_anywhere))
    }


def _elsewhere(whole: Images, seed: int) -> Int[np.ndarray, " count"]:
    """Return a column for each panorama, anything but the one where all are cut."""
    return np.random.default_rng(seed).integers(1, whole.shape[2], len(whole))


def _blending(trained: TrainedRun, images: PanoramaSet) -> dict[str, dict[str, Measurement | None]]:
    """Measure blends beside what they could have been instead: pastes, and fades of colours."""
    seed = trained.evaluation.seed
    first, second = images.pairs
    number = partial(measurement, trained, pairs=len(images.blend))
    edges = {"blend": images.blend, "pasted": pasted(first, second)}
    contrasts = {"blend": images.blend, "cross-fade": cross_faded(first, second)}
    edge_text = "step where two parts meet over the steps beside it"
    contrast_text = "energy of edges half way over that of both images there"
    return {
        "part_edge": {
            kind: number(edge_text, part_edge(some, seed)) for kind, some in edges.items()
        },
        "half_way_contrast": {
            kind: number(contrast_text, half_way_contrast(first, second, some, seed))
            for kind, some in contrasts.items()
        },
    }


def _blend_differences(
    generator: Generator, w: Float[Tensor, "styles style"], seed: int
) -> dict[str, dict[str, float]]:
    """Return the most grey levels between a blend and images of one style, by precision and place.

    In single precision products of other shapes round otherwise; in double that reaches no byte.
    """
    found = {}
    for kind, network in (("float32", generator), ("float64", deepcopy(generator).double())):
        pairs = w.to(network.grid).unflatten(0, (-1, 2))
        each = [blend_differences(network, pair, seed) for pair in pairs]
        found[kind] = {place: max(one[place] for one in each) for place in each[0]}
    return found
