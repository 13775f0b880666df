"""params.yaml -> frozen, validated objects; what is unknown or impossible is named in an error."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.models import MODELS
from cipslib.presets import VARIANTS
from cipslib.training.config import HardwareConfig, TrainingConfig
from cipslib.utils.dataclass_from_dict import (
    as_mapping,
    build,
    check_keys,
    check_name,
    named_mapping,
)
from cipslib.utils.errors import UserError
from replication.datasets.config import DatasetConfig
from replication.paths import Paths, find_root
from replication.profile.evaluation import EvaluationConfig
from replication.profile.groups import group_of
from replication.profile.params_file import merged, read_params
from replication.profile.run import RunConfig


@dataclass(frozen=True)
class Profile:
    """Everything in one params.yaml."""

    name: str
    params_file: Path
    paths: Paths
    main: str  # the run that most pages show
    datasets: dict[str, DatasetConfig]
    hardware: HardwareConfig
    evaluation: EvaluationConfig
    runs: dict[str, RunConfig]  # those that are trained, then those that are imported
    left_out: dict[str, str]  # runs of the paper that this profile does without, and why

    @property
    def pipeline_file(self) -> Path:
        """The dvc.yaml beside params.yaml: the one pipeline, or a link to it."""
        return self.params_file.with_name("dvc.yaml")

    def dataset(self, name: str) -> DatasetConfig:
        return _named(self.datasets, name, "data set", self.params_file)

    def run(self, name: str) -> RunConfig:
        return _named(self.runs, name, "run", self.params_file)

    def only(self, *groups: str) -> "Profile":
        """Return the same with the runs of these groups alone (replication/profile/groups.py)."""
        return replace(
            self,
            runs={name: run for name, run in self.runs.items() if group_of(name) in groups},
            left_out={name: why for name, why in self.left_out.items() if group_of(name) in groups},
        )


def profile_file(name: str, root: Path | None = None) -> Path:
    """Return a profile's params.yaml: the root's for the demo, else profiles/<name>/'s."""
    root = root or find_root()
    return root / "params.yaml" if name == "demo" else root / "profiles" / name / "params.yaml"


def load_profile(params_file: Path) -> Profile:
    """Read and check a params.yaml. Raises UserError with one line that names what is wrong."""
    try:
        data = read_params(params_file)
        return _profile(data, params_file.resolve())
    except ValueError as error:
        raise UserError(f"{params_file}: {error}") from error


T = TypeVar("T")
# Shared by all runs, which may override them; of MODELS a run takes the one that it names.
SECTIONS = (*MODELS, "discriminator", "training")


def _profile(data: Any, params_file: Path) -> Profile:
    known = {"profile", "root", "here", "main", "datasets", "evaluation", "hardware", *SECTIONS}
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
        main=str(data["main"]),
        datasets=datasets,
        hardware=build(HardwareConfig, data["hardware"], "hardware"),
        evaluation=evaluation,
        runs=runs,
        left_out=_left_out(data["left_out"], runs),
    )


def _runs(data: dict[str, Any], datasets: dict[str, DatasetConfig]) -> dict[str, RunConfig]:
    """Return the runs of section ``runs``, then of ``imported``; one of the two may be empty."""
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
            required = {"dataset", "model"} | ({"file"} if section == "imported" else set())
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


def _training(values: dict[str, Any], where: str) -> tuple[TrainingConfig, tuple[int, ...]]:
    """Return the training of the first seed, since a training knows one; and all seeds."""
    known = {"seeds"} | {field.name for field in fields(TrainingConfig)} - {"seed"}
    check_keys(values, known, known, where)
    seeds = values.pop("seeds")
    if not isinstance(seeds, list) or not seeds or any(seeds.count(seed) > 1 for seed in seeds):
        raise ValueError(f"{where}.seeds is {seeds!r}, must be a list of numbers, none twice")
    trainings = [build(TrainingConfig, {**values, "seed": seed}, where) for seed in seeds]
    return trainings[0], tuple(seeds)


def _named(items: dict[str, T], name: str, kind: str, params_file: Path) -> T:
    if name not in items:
        raise UserError(f"{params_file} has no {kind} {name!r}; it has: {', '.join(items)}")
    return items[name]
