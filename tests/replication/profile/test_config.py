"""params.yaml: what is wrong is said in one line that names it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY, refused

from cipslib.presets import discriminator_preset, generator_preset
from cipslib.training.config import AdamConfig
from replication.profile import groups
from replication.profile.profile import Profile, load_profile, profile_file

DATASETS = ("faces", "churches", "landscapes", "satellite-buildings", "satellite-landscapes")
PAPER_RUNS = (  # a profile has each of them or says why not, and may have more
    *(f"{dataset}-{model}" for dataset in DATASETS for model in ("cips", "stylegan2")),
    *(column.run for column in groups.COLUMNS if column.printed),
    "landscapes-panorama",
    *(f"{dataset}-patch{size}" for dataset in ("faces", "churches") for size in (64, 128)),
)
PROFILES = ["demo", *(file.parent.name for file in REPOSITORY.glob("profiles/*/params.yaml"))]


def test_the_paper_has_21_runs_and_the_demo_trains_them_all():
    assert len(PAPER_RUNS) == 21
    assert {*PAPER_RUNS} <= {*load_profile(profile_file("demo", REPOSITORY)).runs}
    assert {"gpu", "paper", "release"} <= {*PROFILES}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_has_every_run_of_the_paper_or_says_why_not(name: str):
    profile = load_profile(profile_file(name, REPOSITORY))
    assert (profile.name, profile.paths.root) == (name, REPOSITORY)
    assert (profile.params_file.parent / "dvc.yaml").resolve() == REPOSITORY / "dvc.yaml"
    assert {*PAPER_RUNS} <= {*profile.runs, *profile.left_out}
    assert next(iter(profile.runs)) == "faces-cips"  # which most figures show
    pair = [profile.runs[run] for run in ("faces-cips", "faces-stylegan2") if run in profile.runs]
    if name in ("gpu", "paper"):  # Tab. 1 compares them
        assert len({run.length for run in pair}) == 1 and len(pair) == 2


@pytest.mark.parametrize("name", ["paper", "release"])
def test_the_networks_of_a_profile_are_the_presets(name: str):
    profile = load_profile(profile_file(name, REPOSITORY))
    kinds = dict.fromkeys(profile.runs, "main") | {"landscapes-panorama": "main"}
    kinds |= {run: "stylegan2" for run in profile.runs if run.endswith("-stylegan2")}
    variants = {"nofourier": "no-fourier"}
    for variant in ("base", "ne", "nofourier", "main", "residual", "sine"):
        kinds[f"ablation-{variant}"] = variants.get(variant, variant)
    if name == "release":
        kinds["landscapes-cips"] = "residual"  # docs/fidelity.md, E6
    for run in (profile.runs[run] for run in PAPER_RUNS if run in profile.runs):
        expected = generator_preset(kinds[run.name], name, 256)
        if run.name == "landscapes-panorama":
            expected = replace(expected, circumference=768)
        assert run.generator == expected, run.name
        seen = run.training.patches.size if run.training.patches else 256
        assert run.discriminator == discriminator_preset(seen), run.name


def test_the_papers_ablations_are_as_long_as_the_paper_says():
    """Sec. 4.3: 300K iterations with batch size of 16."""
    runs = load_profile(profile_file("paper", REPOSITORY)).only(groups.ABLATIONS).runs.values()
    assert [(run.length, run.training.batch_size) for run in runs] == 6 * [(300_000 * 16, 16)]


def loaded(root: Path, params: dict) -> Profile:
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    return load_profile(root / "params.yaml")


def imported(**entry: object) -> dict[str, dict]:
    """A section ``imported`` with one run; what is None is left out."""
    given = {"dataset": "faces", "model": "cips", "file": "authors.pt", **entry}
    return {"their-cips": {key: value for key, value in given.items() if value is not None}}


def test_an_imported_run_is_a_run_that_nobody_trains_here(tmp_path: Path, tiny_params: dict):
    tiny_params |= {"imported": imported(cips={"noise": True}), "runs": {}}
    (run,) = loaded(tmp_path, tiny_params).runs.values()
    assert (run.name, run.imported, run.length) == ("their-cips", "authors.pt", None)
    assert run.generator.noise


def test_a_run_may_override_shared_parameters(tmp_path: Path, tiny_params: dict):
    override = {"generator_adam": {"learning_rate": 0.5}}
    tiny_params["runs"]["other"] = {"dataset": "faces", "model": "cips", "training": override}
    profile = loaded(tmp_path, tiny_params)
    changed, usual = (profile.run(name).training for name in ("other", "faces-cips"))
    assert changed == replace(usual, generator_adam=AdamConfig(0.5, (0.0, 0.99)))


def test_a_run_may_be_trained_from_seeds_of_its_own(tmp_path: Path, tiny_params: dict):
    tiny_params["runs"]["other"] = {"dataset": "faces", "model": "cips"}
    tiny_params["runs"]["other"]["training"] = {"seeds": [3, 1]}
    profile = loaded(tmp_path, tiny_params)
    assert profile.run("faces-cips").seeds == (0,)
    run = profile.run("other")
    assert (run.seeds, run.training.seed) == ((3, 1), 3)
    second = run.of_seed(1)
    assert (second.seeds, second.training) == ((1,), replace(run.training, seed=1))
    assert run.of_seed(3).training == run.training
    refused(r"run other has no seed 0; its training.seeds: 3, 1", run.of_seed, 0)


PATCHES = {"size": 8, "dilations": [1], "offsets": "uniform", "interpolation": "nearest"}


def put(params: dict, place: str, value: object) -> None:
    """Set, or with REMOVED delete, the key at a dotted place of the parameters."""
    *sections, key = place.split(".")
    for section in sections:
        params = params[section]
    params[key] = value
    if value is REMOVED:
        del params[key]


REMOVED = object()
RUN = {"dataset": "faces", "model": "cips"}
GENERATOR_RATE = "training.generator_adam.learning_rate"
GENERATOR_BETAS = "training.generator_adam.betas"
OF_THE_RUN = "runs.faces-cips"


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        # Unknown and missing keys, wherever they stand.
        ("cips.style_dmi", 8, "cips.style_dmi is not a parameter; did you mean style_dim"),
        ("cips.resolution", 64, "cips.resolution is not a parameter; it is"),
        ("colour", 1, "colour is not a parameter; known: cips, datasets"),
        ("training.seed", 0, "training.seed is not a parameter; did you mean seeds"),
        ("training.seeds", REMOVED, "training.seeds is missing"),
        # Types.
        ("datasets", [1], "datasets is [1], must be a mapping"),
        ("training.seeds", 0, "training.seeds is 0, must be a list"),
        ("training.seeds", ["a"], "training.seed is 'a', must be of type int"),
        ("training.batch_size", "many", "training.batch_size is 'many', must be of type int"),
        ("training.discriminator_adam.betas", [0.0], "adam.betas is [0.0], must be a list"),
        (GENERATOR_RATE, float("nan"), "learning_rate is nan, must be a fin"),
        # Data sets.
        ("datasets.faces.crop", "left", "crop is 'left', must be centre, random, none"),
        ("datasets.faces.margin", -1, "margin is -1, must be at least 0"),
        ("datasets.faces.crop_size", 15, "crop_size is 15, must be at least resolution + margin"),
        ("datasets.faces.resolution", 20, "resolution is 20; the convolutions"),
        ("datasets.faces.held_out", 47, "count is 48, must be at least held_out + 2"),
        ("datasets.faces.held_out", -1, "held_out is -1, must be at least 0"),
        # Training.
        ("training.seeds", [], "training.seeds is [], must be a list of numbers, none twice"),
        ("training.seeds", [1, -1], "training: seed and r1_gamma must not be negative"),
        ("training.r1_gamma", float("inf"), "training.r1_gamma is inf, must be a finite number"),
        ("training.seeds", [1, 0, 1], "seeds is [1, 0, 1], must be a list of numbers"),
        ("training.batch_size", 6, "training.batch_size is 6, must be a multiple of"),
        (GENERATOR_RATE, -1.0, "training.generator_adam: learning_rate is -1.0, must be"),
        (GENERATOR_BETAS, [0.0, 1.0], "betas is (0.0, 1.0), both must be"),
        ("training.precision", "fp16", "precision is 'fp16', must be fp32, tf32"),
        ("training.checkpoints_kept", 0, "checkpoints_kept is 0, must be more than"),
        ("training.online_eval.extractor", "best", "online_eval.extractor is 'best'; there"),
        ("training.online_eval.images", 1, "online_eval: every_images must be at least 1"),
        ("training.stop_rules.max_score_gap", 0.0, "stop_rules: max_score_gap is 0.0, must be mo"),
        ("training.stop_rules.score_patience", 0, "score_patience is 0, must be more than 0"),
        ("training.stop_rules.eval_patience", -1, "eval_patience is -1, must be more than 0"),
        ("training.stop_rules.min_diversity", 1.0, "min_diversity is 1.0, must be in [0, 1)"),
        ("training.stop_rules.max_distance_ratio", 1.0, "max_distance_ratio is 1.0, must be more"),
        ("training.stop_rules.warmup_images", -1, "warmup_images is -1, must not be negative"),
        ("training.patches", {**PATCHES, "dilations": [1, 3]}, "dilations has 3: 8 pixels that"),
        ("training.patches", {**PATCHES, "size": 6}, "resolution is 6; the convolutions halve it"),
        # Hardware.
        ("hardware.device", "tpu", "hardware: device is 'tpu', must be auto, cpu"),
        ("hardware.microbatch", 0, "microbatch is 0, must be at least 1, or null"),
        ("hardware.data_on_device", "no", "data_on_device is 'no', must be auto, al"),
        # Networks and runs.
        ("cips.style_dim", 0, "cips: style_dim is 0, must be at least 1"),
        (f"{OF_THE_RUN}.model", "vae", "runs.faces-cips.model is 'vae', not one"),
        (f"{OF_THE_RUN}.stylegan2", {}, "stylegan2 is given, but the run's model is cips"),
        (f"{OF_THE_RUN}.dataset", "cats", "runs.faces-cips.dataset is 'cats', not"),
        ("runs.a/b", RUN, "an entry of runs is called 'a/b'; a name"),
        ("runs", {}, "runs is empty, must have at least one entry"),
        ("imported", imported(file=3), "imported.their-cips.file is 3, must be the"),
        ("imported", imported(training={}), "imported.their-cips.training is not a"),
        ("imported", {"faces-cips": {}}, "imported has faces-cips, which is also one of the runs"),
        # The profile itself, and its evaluation.
        ("profile", "../../x", "profile is called '../../x'; a name has small letters"),
        ("here", "other.yaml", "they must lead to this file"),
        ("evaluation.images", 30, "data set faces has 48 images; the evaluation needs 60"),
        ("evaluation.images", 19, "images is 19, must be at least 20"),
        ("evaluation.real_images", 19, "real_images is 19, must be at least 20"),
        ("evaluation.extractor", "inception", "extractor is 'inception'; there is: ran"),
        ("evaluation.interpolation", "cubic", "interpolation is 'cubic'; there is: bilinear, bic"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, tiny_params: dict, place: str, value: object, message: str
):
    put(tiny_params, place, value)
    refused(re.escape(message), loaded, tmp_path, tiny_params)


@pytest.mark.parametrize("text", [b"a: [1", b"- 1", b"", b"\xff\xfe\x00"])
def test_what_is_not_a_mapping_is_refused(tmp_path: Path, text: bytes):
    (tmp_path / "params.yaml").write_bytes(text)
    refused(r"params\.yaml", load_profile, tmp_path / "params.yaml")


def test_a_profile_that_was_copied_without_its_root_is_refused(tmp_path: Path, tiny_params: dict):
    folder = tmp_path / "profiles" / "mine"
    folder.mkdir(parents=True)
    (tmp_path / "dvc.yaml").touch()
    (folder / "dvc.yaml").symlink_to("../../dvc.yaml")
    refused(r"they must lead to this file \(below profiles/", loaded, folder, tiny_params)
    right = {"profile": "mine", "root": "../..", "here": "profiles/mine/params.yaml"}
    assert loaded(folder, tiny_params | right).paths.root == tmp_path
