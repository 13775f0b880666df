"""How a profile's numbers are taken: the section ``evaluation`` of params.yaml."""

from dataclasses import dataclass

from cipslib.features.extractors import EXTRACTORS
from cipslib.features.moments import FEWEST
from cipslib.metrics.descriptors import DESCRIPTORS
from cipslib.metrics.image_files import FORMATS
from cipslib.networks.positional_encoding import INTERPOLATIONS
from cipslib.utils.errors import UserError

ALL = "all"


@dataclass(frozen=True)
class EvaluationConfig:
    """How the numbers are taken (docs/protocol.md)."""

    extractor: str  # of Frechet and kernel distance: see cipslib/features/extractors.py
    manifold_extractor: str  # of precision, recall, density and coverage
    images: int  # generated images
    # null: as many as generated, of two disjoint sets of that many; all: whatever is trained on
    real_images: int | str | None
    format: str  # of image files between, as other evaluations have them: metrics/image_files.py
    seed: int  # of the generated images' latents and of the draw of real ones
    faces: int  # how many of them MTCNN looks at, where the card says that they are faces
    descriptor: str  # of nearest neighbours: metrics/descriptors.py
    neighbours: int  # how many generated images are compared with the whole training set
    spectrum_images: int  # how many generated and how many real images spectra are taken of
    interpolation: str  # of CIPS's embeddings: bilinear, exact on the grid; shifted, as released
    noise: bool  # with the noise of generators that have it, as the release evaluates

    def __post_init__(self) -> None:
        networks = {"extractor": EXTRACTORS, "manifold_extractor": EXTRACTORS}
        others = {"format": FORMATS, "descriptor": DESCRIPTORS, "interpolation": INTERPOLATIONS}
        for key, known in {**networks, **others}.items():
            if getattr(self, key) not in known:
                raise ValueError(f"{key} is {getattr(self, key)!r}; there is: {', '.join(known)}")
        least = {"images": FEWEST, "faces": 1, "seed": 0, "neighbours": 2, "spectrum_images": 2}
        for key, fewest in least.items():
            if getattr(self, key) < fewest:
                raise ValueError(f"{key} is {getattr(self, key)}, must be at least {fewest}")
        real = self.real_images
        if real not in (None, ALL) and (isinstance(real, str) or real < FEWEST):
            raise ValueError(f"real_images is {real}, must be at least {FEWEST}, {ALL}, or null")

    def check_enough(self, dataset: str, count: int) -> None:
        """Raise UserError if ``count`` real images are too few."""
        needed = 2 * self.images
        why = "two disjoint sets of evaluation.images (or say how many: evaluation.real_images)"
        if self.real_images is not None:
            needed = 2 * FEWEST
            if isinstance(self.real_images, int):
                needed = max(self.real_images, needed)
            why = "evaluation.real_images, and enough to compare the data set with itself"
        if count < needed:
            raise UserError(
                f"data set {dataset} has {count} images; the evaluation needs {needed}: {why}; "
                "those held out do not count"
            )
