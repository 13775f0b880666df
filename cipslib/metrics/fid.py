"""Fréchet distance (Tab. 1, 3, 5): FID, where the features are Inception's."""

from collections.abc import Sequence

from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments, merge
from cipslib.metrics.intervals import Estimate, jackknife
from cipslib.metrics.metric import Features, Measure, Metric


def frechet_distance(reference: Reference, parts: Sequence[Moments]) -> Estimate:
    """Return the distance of a generated set from the moments of fair samples of it, its parts.

    The interval leaves out one part at a time. Raises ValueError for fewer than two parts, or parts
    of fewer than two images.
    """
    without = [[*parts[:left_out], *parts[left_out + 1 :]] for left_out in range(len(parts))]
    distances = [reference.distance(merge(kept)) for kept in without]
    return jackknife(reference.distance(merge(parts)), distances)


def _compute(real: Features, generated: Features) -> dict[str, Estimate]:
    if real.parts is None or generated.parts is None:
        raise ValueError("these features were taken without moments")
    reference = Reference.of(merge(real.parts))
    return {"frechet": frechet_distance(reference, generated.parts)}


def _caution(images: int, dim: int) -> str | None:
    if images > dim:
        return None
    return (
        f"{images} images for {dim} features: most of the distance is bias; raise evaluation.images"
    )


METRIC = Metric(
    measures=(
        Measure(
            "frechet",
            label="Fréchet distance",
            formula="|m1 − m2|² + tr(S1 + S2 − 2 (S1 S2)^½), float64",
            inception_label="FID",
            caution=_caution,
        ),
    ),
    network="extractor",
    compute=_compute,
)
