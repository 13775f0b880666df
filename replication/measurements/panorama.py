"""`cips panorama`: round the cylinder, blends of two, their numbers (Sec. 4.8; Fig. 11, 17)."""

from functools import partial

import numpy as np

from cipslib.analysis.panoramas import (
    BESIDE,
    cross_faded,
    half_way_contrast,
    part_edge,
    pasted,
    seam,
)
from cipslib.metrics.measurement import Measurement
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import blended, panorama
from cipslib.utils.shapes import UInt8
from replication.measurements.common.run import AnalysisResults, cips_generator, measurement
from replication.measurements.common.trained_run import TrainedRun

PANORAMAS = 128  # and half as many blends, of one and the next
SHOWN = 12  # panoramas that are kept for figures
PAIRS_SHOWN = 2

Images = UInt8[np.ndarray, "_ _ _ 3"]


def measure(trained: TrainedRun) -> AnalysisResults:
    """Measure seams, and blends beside what they could have been instead: pastes, and fades of
    colours. Raises UserError for StyleGAN2 and generators of the plane.
    """
    generator = cips_generator(trained, cylinder=True)
    seed = trained.evaluation.seed
    w = sample_w(generator, PANORAMAS, seed)
    whole = panorama(generator, w)
    first = whole[0::2]
    second = whole[1::2]
    pairs = zip(w[0::2], w[1::2], strict=True)
    blends = {
        "blend": np.concatenate([panorama(generator, blended(*pair)) for pair in pairs]),
        "pasted": pasted(first, second),
        "cross-fade": cross_faded(first, second),
    }
    number = partial(measurement, trained, pairs=len(first))
    edge_text = "step where two parts meet over the steps beside it"
    contrast_text = "energy of edges half way over that of both images there"
    real = _real_images(trained)
    measured: dict[str, dict[str, Measurement | None]] = {
        "seam": {"generated": _seam(trained, whole), "real, ends joined": _seam(trained, real)},
        "part_edge": {
            kind: number(edge_text, part_edge(blends[kind], seed)) for kind in ("blend", "pasted")
        },
        "half_way_contrast": {
            kind: number(contrast_text, half_way_contrast(first, second, blends[kind], seed))
            for kind in ("blend", "cross-fade")
        },
    }
    arrays = {
        "panoramas": whole[:SHOWN],
        "real": real[:SHOWN],
        "blend": blends["blend"][:PAIRS_SHOWN],
        "blend.pasted": blends["pasted"][:PAIRS_SHOWN],
        "blend.cross-fade": blends["cross-fade"][:PAIRS_SHOWN],
    }
    return AnalysisResults(measured, {"columns": whole.shape[2]}, arrays)


def _real_images(trained: TrainedRun) -> Images:
    """Draw as many training images as there are panoramas, whose two ends are no neighbours."""
    count = min(PANORAMAS, len(trained.training_indices))
    draws = np.random.default_rng(trained.evaluation.seed)
    chosen = draws.choice(trained.training_indices, count, replace=False)
    return np.array(trained.real[np.sort(chosen)])


def _seam(trained: TrainedRun, images: Images) -> Measurement:
    """Measure the step from the last column to the first."""
    how = {"images": len(images), "columns": images.shape[2], "beside": BESIDE}
    text = "step across a seam over the steps beside it"
    return measurement(trained, text, seam(images, trained.evaluation.seed), **how)
