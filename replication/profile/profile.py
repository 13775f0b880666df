"""params.yaml -> frozen, validated objects; what is unknown or impossible is named in an error."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from cipslib.features.extractors import EXTRACTORS
from cipslib.features.moments import FEWEST
from cipslib.metrics.descriptors import DESCRIPTORS
from cipslib.metrics.image_files import FORMATS
from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.models import MODELS, AnyGeneratorConfig
from cipslib.networks.positional_encoding import INTERPOLATIONS
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.presets import VARIANTS
from cipslib.training.config import HardwareConfig, OnlineEvalConfig, TrainingConfig
from cipslib.utils.dataclass_from_dict import (
    as_mapping,
    build,
    check_keys,
    check_name,
    named_mapping,
)
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.datasets.config import DatasetConfig
from replication.paths import Paths, find_root
from replication.profile.groups import group_of
from replication.profile.renamed import check_renamed

ALL = "all"


@dataclass(frozen=True)
class EvaluationConfig:
    """How the numbers are taken (docs/protocol.md)."""

    extractor: str  # of Frechet and kernel distance: see cipslib/features/extractors.py
    manifold_extractor: str  # of precision, recall, density and coverage
    images: int  # generated images
    # null: as many as generated, of two disjoint sets of that many; all: whatever is trained on
    real_images: int | str | None
    format: (
        str  # of the image files between, as other evaluations have them: metrics/image_files.py
    )
    seed: int  # of the generated images' latents and of the draw of real ones
    faces: int  # how many of them MTCNN looks at, where the card says that they are faces
    descriptor: str  # of nearest neighbours: metrics/descriptors.py
    neighbours: int  # how many generated pictures are compared with the whole training set
    spectrum_images: int  # how many generated and how many real pictures spectra are taken of
    interpolation: (
        str  # of CIPS's embeddings: bilinear is exact on the grid, shifted is the release's
    )
    noise: bool  # with the noise of generators that have it, as the release evaluates

    def __post_init__(self) -> None:
        for key, known in (
            ("extractor", EXTRACTORS),
            ("manifold_extractor", EXTRACTORS),
            ("format", FORMATS),
            ("descriptor", DESCRIPTORS),
        ):
            if getattr(self, key) not in known:
                raise ValueError(f"{key} is {getattr(self, key)!r}; there is: {', '.join(known)}")
        for key, fewest in (
            ("images", FEWEST),
            ("faces", 1),
            ("seed", 0),
            ("neighbours", 2),
            ("spectrum_images", 2),
        ):
            if getattr(self, key) < fewest:
                raise ValueError(f"{key} is {getattr(self, key)}, must be at least {fewest}")
        real = self.real_images
        if real not in (None, ALL) and (isinstance(real, str) or real < FEWEST):
            raise ValueError(f"real_images is {real}, must be at least {FEWEST}, {ALL}, or null")
        if self.interpolation not in INTERPOLATIONS:
            names = ", ".join(INTERPOLATIONS)
            raise ValueError(f"interpolation is {self.interpolation!r}, must be one of {names}")

    def check_enough(self, dataset: str, count: int) -> None:
        """Raises UserError if ``count`` real images are too few."""
        if isinstance(self.real_images, int) and count < self.real_images:
            raise UserError(
                f"data set {dataset} has {count} images; the evaluation needs {self.real_images}, "
                "evaluation.real_images (those held out do not count)"
            )
        if self.real_images is not None and count < 2 * FEWEST:
            raise UserError(
                f"data set {dataset} has {count} images; to compare it with itself an evaluation "
                f"needs {2 * FEWEST}"
            )
        if self.real_images is None and count < 2 * self.images:
            raise UserError(
                f"data set {dataset} has {count} images; the evaluation needs {2 * self.images}, "
                "two disjoint sets of evaluation.images (or say how many: evaluation.real_images; "
                "those held out do not count)"
            )


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
                raise ValueError(
                    "training.patches.interpolation is 'shifted', which is of the plane"
                )
        if self.training.online_eval is not None:
            self._check_online_eval(self.training.online_eval)
        batch, group = self.training.batch_size, self.discriminator.stddev_group
        if batch % group:
            raise ValueError(
                f"training.batch_size is {batch}, must be a multiple of "
                f"discriminator.stddev_group ({group})"
            )

    def _check_online_eval(self, config: OnlineEvalConfig) -> None:
        warmup, total = self.training.stop_rules.warmup_images, self.training.total_images
        if config.publish == "best" and warmup >= total:
            raise ValueError(
                "training.online_eval.publish is best, and no evaluation counts: "
                f"stop_rules.warmup_images is {warmup}, total_images {total}"
            )
        if config.extractor not in EXTRACTORS:
            known = ", ".join(EXTRACTORS)
            raise ValueError(
                f"training.online_eval.extractor is {config.extractor!r}; there is: {known}"
            )

    @property
    def length(self) -> int | None:
        """Images that it is trained on; None: it was trained elsewhere, and no file says."""
        return self.training.total_images if self.imported is None else None

    @property
    def length_text(self) -> str:
        """As in "images seen: 8,000"."""
        return "not known" if self.length is None else f"{self.length:,}"

    def of_seed(self, seed: int) -> "RunConfig":
        """One of the run's trainings. Raises UserError for a seed that it does not have."""
        if seed not in self.seeds:
            known = ", ".join(map(str, self.seeds))
            raise UserError(f"run {self.name} has no seed {seed}; its training.seeds: {known}")
        return replace(self, training=replace(self.training, seed=seed), seeds=(seed,))


@dataclass(frozen=True)
class Profile:
    """Everything in one params.yaml."""

    name: str
    params_file: Path
    paths: Paths
    datasets: dict[str, DatasetConfig]
    hardware: HardwareConfig
    evaluation: EvaluationConfig
    runs: dict[str, RunConfig]  # those that are trained, then those that are imported
    left_out: dict[str, str]  # runs of the paper that this profile does without, and why

    def dataset(self, name: str) -> DatasetConfig:
        return _named(self.datasets, name, "data set", self.params_file)

    def run(self, name: str) -> RunConfig:
        return _named(self.runs, name, "run", self.params_file)

    def only(self, *groups: str) -> "Profile":
        """The same with the runs of these groups alone (replication/profile/groups.py)."""
        return replace(
            self,
            runs={name: run for name, run in self.runs.items() if group_of(name) in groups},
            left_out={name: why for name, why in self.left_out.items() if group_of(name) in groups},
        )


def profile_file(name: str, root: Path | None = None) -> Path:
    """The params.yaml of a profile: the root's for the demo, else profiles/<name>/'s."""
    root = root or find_root()
    return root / "params.yaml" if name == "demo" else root / "profiles" / name / "params.yaml"


def load_profile(params_file: Path) -> Profile:
    """Read and check a params.yaml. Raises UserError with one line that names what is wrong."""
    data = read_yaml(params_file)
    try:
        check_renamed(data)
        return _profile(data, params_file.resolve())
    except ValueError as error:
        raise UserError(f"{params_file}: {error}") from error


T = TypeVar("T")
# Shared by all runs, which may override them; of MODELS a run takes the one that it names.
SECTIONS = (*MODELS, "discriminator", "training")


def _profile(data: Any, params_file: Path) -> Profile:
    known = {"profile", "root", "here", "datasets", "evaluation", "hardware", *SECTIONS}
    known |= {"runs", "imported", "left_out"}
    check_keys(data, known, known, "")
    check_name(data["profile"], "profile")
    root = (params_file.parent / str(data["root"])).resolve()
    belongs = profile_file(data["profile"], root)
    if (root / "dvc.yaml").is_symlink() or not belongs == params_file == root / str(data["here"]):
        raise ValueError(
            f"profile is {data['profile']}, root is {root}, here is {data['here']}: they must lead "
            "to this file (below profiles/: the folder's name, ../.., profiles/NAME/params.yaml)"
        )
    evaluation = build(EvaluationConfig, data["evaluation"], "evaluation")
    datasets = {
        name: build(DatasetConfig, value, f"datasets.{name}")
        for name, value in named_mapping(data["datasets"], "datasets").items()
    }
    runs = _runs(data, datasets)
    for run in runs.values():
        dataset = datasets[run.dataset]
        if dataset.count is not None:
            evaluation.check_enough(run.dataset, dataset.count - dataset.held_out)
    return Profile(
        name=data["profile"],
        params_file=params_file,
        paths=Paths(root, data["profile"]),
        datasets=datasets,
        hardware=build(HardwareConfig, data["hardware"], "hardware"),
        evaluation=evaluation,
        runs=runs,
        left_out=_left_out(data["left_out"], runs),
    )


def _runs(data: dict[str, Any], datasets: dict[str, DatasetConfig]) -> dict[str, RunConfig]:
    """Of the section ``runs``, then of ``imported``; one of the two may be empty."""
    imported = as_mapping(data["imported"], "imported")
    trained = named_mapping(data["runs"], "runs") if not imported or data["runs"] else {}
    runs = {}
    for section, entries, own in (
        ("runs", trained, SECTIONS),
        ("imported", imported, (*MODELS, "file")),
    ):
        for name, value in entries.items():
            where = f"{section}.{name}"
            if name in runs:
                raise ValueError(f"imported has {name}, which is also one of the runs")
            check_name(name, f"an entry of {section}")
            required = {"dataset", "model", *({"file"} & {*own})}
            check_keys(value, required, {*required, *own}, where)
            for key, known_names in (("dataset", datasets), ("model", MODELS)):
                if value[key] not in [*known_names]:
                    raise ValueError(
                        f"{where}.{key} is {value[key]!r}, not one of {', '.join(known_names)}"
                    )
            runs[name] = _run(name, value, where, data, datasets[value["dataset"]].resolution)
    return runs


def _left_out(data: Any, runs: dict[str, RunConfig]) -> dict[str, str]:
    left_out = as_mapping(data, "left_out")
    for name, reason in left_out.items():
        check_name(name, "an entry of left_out")
        if name in runs:
            raise ValueError(f"left_out has {name}, which is also one of the runs")
        if not isinstance(reason, str) or not reason:
            raise ValueError(f"left_out.{name} is {reason!r}, must say why in words")
    return left_out


def _run(
    name: str, run: dict[str, Any], place: str, shared: dict[str, Any], resolution: int
) -> RunConfig:
    def values_of(key: str) -> tuple[dict[str, Any], str]:
        override = as_mapping(run.get(key, {}), f"{place}.{key}")
        where = f"{place}.{key}" if override else key
        return merged(as_mapping(shared[key], key), override), where

    def section(cls: type, key: str, **given: Any) -> Any:
        values, where = values_of(key)
        for known in given.keys() & values:
            raise ValueError(f"{where}.{known} is not a parameter; it is the data set's")
        if "variant" in values:
            values["variant"] = _variant(values["variant"], f"{where}.variant")
        return build(cls, {**values, **given}, where)

    model = run["model"]
    for other in run.keys() & MODELS.keys() - {model}:
        raise ValueError(f"{place}.{other} is given, but the run's model is {model}")
    generator = section(MODELS[model], model, resolution=resolution)
    training, seeds = _training(*values_of("training"))
    seen = resolution if training.patches is None else training.patches.size
    discriminator = section(DiscriminatorConfig, "discriminator", resolution=seen)
    file = run.get("file")
    if file is not None and not (isinstance(file, str) and file):
        raise ValueError(f"{place}.file is {file!r}, must be the name of the authors' file")
    if file is not None:
        seeds = seeds[:1]  # there is one file, whatever number of trainings the others have
    try:
        return RunConfig(name, run["dataset"], generator, discriminator, training, seeds, file)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _variant(name: Any, where: str) -> dict[str, bool]:
    """Return what a variant has, as ``build`` takes it. Raises ValueError for an unknown name."""
    if name not in [*VARIANTS]:
        raise ValueError(f"{where} is {name!r}, must be one of {', '.join(VARIANTS)}")
    return asdict(VARIANTS[name])


@dataclass(frozen=True)
class _Seeds:
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.seeds or min(self.seeds) < 0 or len({*self.seeds}) < len(self.seeds):
            raise ValueError(
                f"seeds is {list(self.seeds)}, must have a number, none below 0 and none twice"
            )


def _training(values: dict[str, Any], where: str) -> tuple[TrainingConfig, tuple[int, ...]]:
    """Of the first seed, since a training knows one; and all seeds."""
    known = {"seeds"} | {field.name for field in fields(TrainingConfig)} - {"seed"}
    check_keys(values, known, known, where)
    seeds = build(_Seeds, {"seeds": values.pop("seeds")}, where).seeds
    return build(TrainingConfig, {**values, "seed": seeds[0]}, where), seeds


def merged(shared: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """``shared`` with the keys of ``override``, and so on below keys that have keys in both."""
    both = dict(shared)
    for key, value in override.items():
        below = isinstance(value, dict) and isinstance(shared.get(key), dict)
        both[key] = merged(shared[key], value) if below else value
    return both


def _named(items: dict[str, T], name: str, kind: str, params_file: Path) -> T:
    if name not in items:
        raise UserError(f"{params_file} has no {kind} {name!r}; it has: {', '.join(items)}")
    return items[name]
