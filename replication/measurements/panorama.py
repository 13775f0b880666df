"""`cips panorama`: round the cylinder, blends of two, their numbers (Sec. 4.8; Fig. 11, 17)."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from cipslib.analysis.exact_properties import blends
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
from cipslib.metrics.measurement import Measurement, Measurements, measurements_to_json
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import blended, panorama, random_windows
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8
from replication.measurements.common.run import Measured, measured, write_run
from replication.measurements.common.trained_run import Subject, open_subject
from replication.profile.profile import Profile
from replication.profile.results import Arrays

PANORAMAS = 128  # and half as many blends, of one and the next
PLACES = 96  # around the cylinder, or as many as there are columns
SHOWN, PAIRS_SHOWN = 12, 2
EXACT = 4  # pairs that are compared at a blend's ends

Pictures = UInt8[np.ndarray, "_ _ _ 3"]


@dataclass(frozen=True)
class Drawn:
    """Of one generator, and real pictures of what it was trained on."""

    whole: Pictures  # panoramas
    blend: Pictures  # of panoramas 0 and 1, 2 and 3, ...
    windows: Pictures  # of the same panoramas, as wide as high
    real: Pictures

    @property
    def pairs(self) -> tuple[Pictures, Pictures]:
        """The first and the second of each blend."""
        return self.whole[0::2], self.whole[1::2]


def panorama_run(profile: Profile, name: str) -> Path:
    """Write numbers.json and pictures.safetensors to one folder; returns the path of the first.

    Of a run that the profile leaves out: why. Raises UserError if generator or data are missing,
    or the generator is StyleGAN2 or of the plane.
    """
    return write_run(profile, name, profile.paths.panorama(name), _measure)


def _measure(profile: Profile, name: str) -> Measured:
    subject, generator = _cylinder_subject(profile, name)
    seed = subject.config.seed
    w = sample_w(generator, PANORAMAS, seed)
    drawn = _drawn(subject, generator, w)
    content = {
        **measurements_to_json(
            {
                "seam": _seams(subject, drawn),
                "shared_outline": _outlines(subject, drawn),
                **_blending(subject, drawn),
            }
        ),
        "columns": drawn.whole.shape[2],
        "blends_apart": _apart(generator, w[: 2 * EXACT], seed),
    }
    return subject, content, _arrays(drawn, seed)


def _drawn(subject: Subject, generator: Generator, w: Float[Tensor, "styles style"]) -> Drawn:
    seed = subject.config.seed
    pairs = zip(w[0::2], w[1::2], strict=True)
    return Drawn(
        whole=panorama(generator, w),
        blend=np.concatenate([panorama(generator, blended(*pair)) for pair in pairs]),
        windows=random_windows(generator, w, seed),
        real=_real(subject),
    )


def _arrays(drawn: Drawn, seed: int) -> Arrays:
    width = drawn.whole.shape[2]
    columns = _columns(width)
    first, second = (pictures[:PAIRS_SHOWN] for pictures in drawn.pairs)
    return {
        "panoramas": drawn.whole[:SHOWN],
        "windows": drawn.windows[:SHOWN],
        "real": drawn.real[:SHOWN],
        "blend": drawn.blend[:PAIRS_SHOWN],
        "blend.pasted": pasted(first, second),
        "blend.cross-fade": cross_faded(first, second),
        "cuts.degrees": columns * 360 / width,
        "cuts.seam": seams_around(drawn.whole, columns, seed),
    }


def _cylinder_subject(profile: Profile, name: str) -> tuple[Subject, Generator]:
    subject = open_subject(profile, name)
    generator = subject.generator
    if not isinstance(generator, Generator) or not generator.config.circumference:
        raise UserError(
            f"run {name} must have a generator of the cylinder: model cips, cips.circumference "
            "above 0"
        )
    return subject, generator


def _real(subject: Subject) -> Pictures:
    draws = np.random.default_rng(subject.config.seed)
    count = min(PANORAMAS, len(subject.chosen))
    chosen = np.sort(draws.choice(subject.chosen, count, replace=False))
    return np.array(subject.real[chosen])


def _columns(width: int) -> np.ndarray:
    """Evenly spaced; the first is where the panoramas are cut."""
    places = min(PLACES, width)
    return np.arange(places) * width // places


def _seams(subject: Subject, drawn: Drawn) -> dict[str, Measurement | None]:
    """Where the panorama is cut; the same cut elsewhere; and joined ends of what does not close."""
    whole, blend, windows, real = drawn.whole, drawn.blend, drawn.windows, drawn.real
    seed = subject.config.seed

    def number(value: Estimate, pictures: Pictures, of: str) -> Measurement:
        how = {"pictures": len(pictures), "columns": pictures.shape[2], "beside": BESIDE}
        return measured(subject, "step across a seam over the steps beside it", value, of=of, **how)

    ends = "the two ends, joined"
    return {
        "generated": number(seam(whole, seed), whole, "where all panoramas are cut"),
        "cut elsewhere": number(
            seam_at(whole, _elsewhere(subject, whole), seed),
            whole,
            "a random place of each panorama",
        ),
        "blend": number(seam(blend, seed), blend, "where all blends are cut"),
        "windows, ends joined": number(seam(windows, seed), windows, ends),
        "real, ends joined": number(seam(real, seed), real, ends),
    }


def _outlines(subject: Subject, drawn: Drawn) -> dict[str, Measurement | None]:
    """Whether all panoramas are alike; if each begins anywhere, they can be so by chance alone."""
    seed = subject.config.seed
    kinds = {
        "generated": drawn.whole,
        "turned at random": turned(drawn.whole, _elsewhere(subject, drawn.whole)),
    }
    measure = "share of the changes around that all pictures have"
    return {
        kind: measured(subject, measure, shared_outline(pictures, seed), pictures=len(pictures))
        for kind, pictures in kinds.items()
    }


def _elsewhere(subject: Subject, whole: Pictures) -> Int[np.ndarray, "{len(whole)}"]:
    """A column for each panorama, anything but the one where all are cut."""
    return np.random.default_rng(subject.config.seed).integers(1, whole.shape[2], len(whole))


def _blending(subject: Subject, drawn: Drawn) -> Measurements:
    """A blend beside what it could have been instead: a paste, or a cross-fade of colours."""
    seed, blend, (first, second) = subject.config.seed, drawn.blend, drawn.pairs

    def numbers(
        measure: str, values: Iterable[tuple[str, Estimate]]
    ) -> dict[str, Measurement | None]:
        pairs = {"pairs": len(blend)}
        return {kind: measured(subject, measure, value, **pairs) for kind, value in values}

    edges = {"blend": blend, "pasted": pasted(first, second)}
    contrasts = {"blend": blend, "cross-fade": cross_faded(first, second)}
    return {
        "part_edge": numbers(
            "step where two parts meet over the steps beside it",
            ((kind, part_edge(pictures, seed)) for kind, pictures in edges.items()),
        ),
        "half_way_contrast": numbers(
            "energy of edges half way over that of both pictures there",
            (
                (kind, half_way_contrast(first, second, pictures, seed))
                for kind, pictures in contrasts.items()
            ),
        ),
    }


def _apart(
    generator: Generator, w: Float[Tensor, "styles style"], seed: int
) -> dict[str, dict[str, float]]:
    """A blend and the pictures of one style, at its ends and half way: grey levels apart at most.

    In single precision products of other shapes round otherwise; in double that reaches no byte.
    """
    found = {}
    for kind, network in (("float32", generator), ("float64", deepcopy(generator).double())):
        pairs = w.to(network.grid).unflatten(0, (-1, 2))
        each = [blends(network, pair, seed) for pair in pairs]
        found[kind] = {place: max(one[place] for one in each) for place in each[0]}
    return found
