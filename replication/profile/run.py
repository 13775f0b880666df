"""One run of a profile: everything that its result depends on."""

from dataclasses import dataclass, replace

from cipslib.features.extractors import EXTRACTORS
from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.models import AnyGeneratorConfig
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.training.config import TrainingConfig
from cipslib.utils.errors import UserError


@dataclass(frozen=True)
class RunConfig:
    """One run: its data set and everything that its result depends on.

    One that is imported has the profile's training, too: what would train it here.
    """

    name: str
    dataset: str
    generator: AnyGeneratorConfig
    discriminator: DiscriminatorConfig
    training: TrainingConfig  # of the first seed
    seeds: tuple[int, ...]  # each is one training; figures show the first one's
    imported: str | None = None  # the authors' file, relative to the root; None: trained here

    def __post_init__(self) -> None:
        patches = self.training.patches
        if patches is not None:
            if isinstance(self.generator, StyleGAN2Config):
                raise ValueError("training.patches need a generator of coordinates: the model cips")
            patches.check_fits(self.generator.resolution)
            if patches.interpolation == "shifted" and self.generator.circumference:
                raise ValueError("training.patches.interpolation is 'shifted': of a plane alone")
        online = self.training.online_eval
        if online is not None and online.extractor not in EXTRACTORS:
            known = f"{online.extractor!r}; there is: {', '.join(EXTRACTORS)}"
            raise ValueError(f"training.online_eval.extractor is {known}")
        batch = self.training.batch_size
        group = self.discriminator.stddev_group
        if batch % group:
            raise ValueError(
                f"training.batch_size is {batch}, must be a multiple of "
                f"discriminator.stddev_group ({group})"
            )

    @property
    def length(self) -> int | None:
        """Return the images trained on; None: it was trained elsewhere, and no file says."""
        return self.training.total_images if self.imported is None else None

    @property
    def length_text(self) -> str:
        """Return the length as text, as in "images seen: 8,000"."""
        return "not known" if self.length is None else f"{self.length:,}"

    @property
    def folder_seeds(self) -> dict[int, int | None]:
        """Each seed, and as what paths know it: the first one's folder is the run's own."""
        return {seed: seed if number else None for number, seed in enumerate(self.seeds)}

    def of_seed(self, seed: int) -> "RunConfig":
        """Return the training of one seed. Raises UserError for a seed that the run lacks."""
        if seed not in self.seeds:
            known = ", ".join(map(str, self.seeds))
            raise UserError(f"run {self.name} has no seed {seed}; its training.seeds: {known}")
        return replace(self, training=replace(self.training, seed=seed), seeds=(seed,))
