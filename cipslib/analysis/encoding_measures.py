"""What is measured of a generator's positional encodings (Sec. 4.4; Fig. 4, 5 and 14)."""

from dataclasses import dataclass

import numpy as np

from cipslib.analysis.encodings import (
    Components,
    Match,
    horizontal_at_bottom,
    learned_part,
    mean_image_match,
    positional_encodings,
    principal_components,
    share_of_start,
    spatial_structure,
)
from cipslib.analysis.spectra import Spectrum, encoding_spectrum
from cipslib.analysis.spectral_measures import centroid, share_above
from cipslib.metrics.intervals import Estimate
from cipslib.networks.generator import Generator
from cipslib.utils.shapes import Float


@dataclass(frozen=True)
class EncodingMeasures:
    """One encoding's numbers; each is explained where it is computed."""

    spectrum: Spectrum
    frequency: Estimate  # mean, in cycles a pixel
    high: Estimate  # share of the power above a quarter of a cycle a pixel
    components: Components
    structure: float
    match: Match  # of the components and the mean image
    bottom: float  # how much more horizontal its lowest eighth is


@dataclass(frozen=True)
class MeasuredEncodings:
    """The encodings ("fourier", "embedding") of a trained generator, and how they came about."""

    encodings: dict[str, EncodingMeasures]
    start: EncodingMeasures | None  # the table as it was before training; None: there is none
    learned: EncodingMeasures | None  # what training added to that; None: the start is not known
    kept: float | None  # share of the table's variance that is its start's; as ``learned``


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
        match=mean_image_match(components, mean_image),
        bottom=horizontal_at_bottom(values),
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
    learned, kept = None, None
    if table is not None and start is not None and own_start:
        learned = measure_encoding(learned_part(table, start), mean_image)
        kept = share_of_start(table, start)
    return MeasuredEncodings(
        {kind: measure_encoding(values, mean_image) for kind, values in encodings.items()},
        start=None if start is None else measure_encoding(start, mean_image),
        learned=learned,
        kept=kept,
    )
