"""params.yaml: what is wrong is said in one line that names it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY, make_study

from cipslib.presets import discriminator_preset, generator_preset
from cipslib.training.config import AdamConfig
from cipslib.utils.errors import UserError
from replication.profile import groups
from replication.profile.groups import PAPER_RUNS, group_of
from replication.profile.profile import load_profile, profile_file
from replication.profile.renamed import RENAMED


def test_the_demo_is_valid():
    profile = load_profile(profile_file("demo", REPOSITORY))
    assert profile.name == "demo"
    assert profile.paths.root == REPOSITORY
    run = profile.run("faces-cips")
    assert run.generator.resolution == profile.dataset("faces").resolution


@pytest.mark.parametrize("file", sorted(REPOSITORY.glob("profiles/*/params.yaml")), ids=str)
def test_every_profile_is_valid_and_links_to_the_one_pipeline(file: Path):
    profile = load_profile(file)
    assert profile.name == file.parent.name
    assert profile.paths.root == REPOSITORY
    assert yaml.safe_load(file.read_text())["here"] == str(file.relative_to(REPOSITORY))
    assert (file.parent / "dvc.yaml").resolve() == REPOSITORY / "dvc.yaml"


PROFILES = ["demo", *(file.parent.name for file in REPOSITORY.glob("profiles/*/params.yaml"))]


def test_the_paper_has_21_runs_and_the_demo_trains_them_all():
    assert len(PAPER_RUNS) == 21
    assert {*PAPER_RUNS} <= {*load_profile(profile_file("demo", REPOSITORY)).runs}
    assert {"gpu", "paper", "release"} <= {*PROFILES}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_has_every_run_of_the_paper_or_says_why_not(name: str):
    profile = load_profile(profile_file(name, REPOSITORY))
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
    ablations = load_profile(profile_file("paper", REPOSITORY)).only(groups.ABLATIONS)
    assert [(r.length, r.training.batch_size) for r in ablations.runs.values()] == 6 * [
        (300_000 * 16, 16)
    ]


def imported(params: dict, **entry: object) -> None:
    given = {"dataset": "faces", "model": "cips", "file": "authors.pt", **entry}
    params["imported"] = {"their-cips": {k: v for k, v in given.items() if v is not None}}


def test_an_imported_run_is_a_run_that_nobody_trains_here(tmp_path: Path, tiny_params: dict):
    imported(tiny_params, cips={"noise": True})
    tiny_params["runs"] = {}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    (run,) = load_profile(tmp_path / "params.yaml").runs.values()
    assert (run.name, run.imported, run.length) == ("their-cips", "authors.pt", None)
    assert run.generator.noise


def test_a_run_may_override_shared_parameters(tmp_path: Path, tiny_params: dict):
    tiny_params["runs"]["other"] = {
        "dataset": "faces",
        "model": "cips",
        "training": {"generator_adam": {"learning_rate": 0.5}},
    }
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    profile = load_profile(tmp_path / "params.yaml")
    changed, usual = (profile.run(name).training for name in ("other", "faces-cips"))
    assert changed == replace(usual, generator_adam=AdamConfig(0.5, (0.0, 0.99)))


def test_a_run_may_be_trained_from_seeds_of_its_own(tmp_path: Path, tiny_params: dict):
    tiny_params["runs"]["other"] = {"dataset": "faces", "model": "cips"}
    tiny_params["runs"]["other"]["training"] = {"seeds": [3, 1]}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    profile = load_profile(tmp_path / "params.yaml")
    assert profile.run("faces-cips").seeds == (0,)
    run = profile.run("other")
    assert (run.seeds, run.training.seed) == ((3, 1), 3)
    second = run.of_seed(1)
    assert (second.seeds, second.training) == ((1,), replace(run.training, seed=1))
    assert run.of_seed(3).training == run.training
    with pytest.raises(UserError, match=r"run other has no seed 0; its training.seeds: 3, 1"):
        run.of_seed(0)


PATCHES = {"size": 8, "dilations": [1], "offsets": "uniform", "interpolation": "nearest"}


def put(*keys: str, value: object) -> Callable[[dict], None]:
    def change(params: dict) -> None:
        for key in keys[:-1]:
            params = params[key]
        params[keys[-1]] = value

    return change


def drop(*keys: str) -> Callable[[dict], None]:
    def change(params: dict) -> None:
        for key in keys[:-1]:
            params = params[key]
        del params[keys[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            put("cips", "style_dmi", value=8),
            "cips.style_dmi is not a parameter; did you mean style_dim",
        ),
        (put("colour", value=1), "colour is not a parameter; known: cips, datasets"),
        (drop("training", "seeds"), "training.seeds is missing"),
        (put("training", "seed", value=0), "training.seed is not a parameter; did you mean seeds"),
        (put("training", "seeds", value=0), "training.seeds is 0, must be a list"),
        (put("training", "seeds", value=["a"]), "training.seeds[0] is 'a', must be of type int"),
        (put("training", "seeds", value=[]), "training: seeds is [], must have a number"),
        (put("training", "seeds", value=[1, -1]), "seeds is [1, -1], must have a number, none bel"),
        (put("training", "seeds", value=[1, 0, 1]), "seeds is [1, 0, 1], must have a number, none"),
        (
            put("runs", "faces-cips", "training", value={"seeds": [2, 2]}),
            "runs.faces-cips.training: seeds is [2, 2], must",
        ),
        (drop("runs"), "runs is missing"),
        (put("training", "batch_size", value="many"), "training.batch_size is 'many', must be of"),
        (put("training", "batch_size", value=True), "training.batch_size is True, must be of type"),
        (
            put("training", "generator_adam", "learning_rate", value=-1.0),
            "training.generator_adam: learning_rate is -1.0, must be",
        ),
        (
            put("training", "discriminator_adam", "betas", value=[0.0]),
            "training.discriminator_adam.betas is [0.0], must be a list",
        ),
        (
            put("training", "generator_adam", "betas", value=[0.0, 1.0]),
            "betas is (0.0, 1.0), both must be",
        ),
        (put("training", "precision", value="fp16"), "precision is 'fp16', must be fp32, tf32"),
        (
            put("training", "loggers", value=["wandb"]),
            "loggers is ['wandb'], may have dvclive, tensorb",
        ),
        (put("training", "checkpoints_kept", value=0), "checkpoints_kept is 0, must be more than"),
        (
            put("training", "online_eval", "extractor", value="best"),
            "online_eval.extractor is 'best'; there",
        ),
        (
            put("training", "online_eval", "publish", value="all"),
            "online_eval: publish is 'all', must be last",
        ),
        (
            put("training", "online_eval", "images", value=1),
            "online_eval: every_images must be at least 1",
        ),
        (
            put("training", "stop_rules", "max_score_gap", value=0.0),
            "stop_rules: max_score_gap is 0.0, must be more",
        ),
        (put("hardware", "processes", value=0), "hardware: processes is 0, must be at least 1"),
        (put("hardware", "microbatch", value=0), "microbatch is 0, must be at least 1, or null"),
        (put("hardware", "data_on_device", value="no"), "data_on_device is 'no', must be auto, al"),
        (put("training", "patches", value=8), "training.patches is 8, must be a mapping"),
        (
            put("training", "patches", value={**PATCHES, "dilations": [1, 3]}),
            "dilations has 3: 8 pixels that far apart span 22, more than the resolution (16)",
        ),
        (
            put("training", "patches", value={**PATCHES, "offsets": "left"}),
            "offsets is 'left', must be one of uniform, release",
        ),
        (
            put("training", "patches", value={**PATCHES, "size": 6}),
            "resolution is 6; the convolutions halve it",
        ),
        (put("hardware", "device", value="tpu"), "hardware: device is 'tpu', must be auto, cpu"),
        (
            put("runs", "faces-cips", "hardware", value={}),
            "runs.faces-cips.hardware is not a param",
        ),
        (put("hardware", "data_on_device", value=True), "hardware.data_on_device is True, must be"),
        (put("training", "batch_size", value=6), "training.batch_size is 6, must be a multiple of"),
        (put("cips", "style_dim", value=0), "cips: style_dim is 0, must be at least 1"),
        (put("cips", "block_widths", value=8), "cips.block_widths is 8, must be a list"),
        (put("cips", "block_widths", value=[8, "x"]), "cips.block_widths[1] is 'x', must be of"),
        (
            put("runs", "faces-cips", "model", value="vae"),
            "runs.faces-cips.model is 'vae', not one",
        ),
        (
            put("runs", "faces-cips", "stylegan2", value={}),
            "runs.faces-cips.stylegan2 is given, but the run's model is cips",
        ),
        (put("datasets", "faces", "resolution", value=20), "resolution is 20; the convolutions"),
        (put("datasets", "faces", "resolution", value=4), "datasets.faces: resolution is 4, must"),
        (
            put("datasets", "faces", "count", value=1),
            "datasets.faces: count is 1, must be at least 2",
        ),
        (put("datasets", value=[1]), "datasets is [1], must be a mapping"),
        (
            put("runs", "faces-cips", "dataset", value="cats"),
            "runs.faces-cips.dataset is 'cats', not",
        ),
        (put("runs", "faces-cips", "trainig", value={}), "runs.faces-cips.trainig is not a param"),
        (
            put("runs", "faces-cips", "training", value={"lr": 1}),
            "runs.faces-cips.training.lr is not",
        ),
        (
            put("training", "generator_adam", "learning_rate", value=float("nan")),
            "learning_rate is nan, must be a fin",
        ),
        (
            put("training", "r1_gamma", value=float("inf")),
            "training.r1_gamma is inf, must be a fin",
        ),
        (
            put("cips", "resolution", value=64),
            "cips.resolution is not a parameter; it is",
        ),
        (lambda params: imported(params, file=None), "imported.their-cips.file is missing"),
        (lambda params: imported(params, file=3), "imported.their-cips.file is 3, must be the"),
        (lambda params: imported(params, training={}), "imported.their-cips.training is not a"),
        (lambda params: imported(params, dataset="cats"), "imported.their-cips.dataset is 'cats'"),
        (lambda params: imported(params, stylegan2={}), "imported.their-cips.stylegan2 is given"),
        (
            put("imported", value={"faces-cips": {}}),
            "imported has faces-cips, which is also one of the runs",
        ),
        (put("evaluation", "real_images", value="most"), "real_images is most, must be at least"),
        (put("evaluation", "real_images", value=19), "real_images is 19, must be at least 20, all"),
        (put("profile", value="../../x"), "profile is called '../../x'; a name has small letters"),
        (put("profile", value=None), "profile is called None; a name has"),
        (put("root", value="nowhere"), "they must lead to this file"),
        (put("here", value="other.yaml"), "they must lead to this file"),
        (put("profile", value="mine"), "profile is mine, root is"),
        (
            put("runs", "figures", value={"dataset": "faces", "model": "cips"}),
            "an entry of runs is called 'figures'",
        ),
        (
            put("runs", "a/b", value={"dataset": "faces", "model": "cips"}),
            "an entry of runs is called 'a/b'; a name",
        ),
        (put("runs", value={}), "runs is empty, must have at least one entry"),
        (put("runs", "faces-cips", "dataset", value=["faces"]), "dataset is ['faces'], not one of"),
        (
            put("evaluation", "images", value=30),
            "data set faces has 48 images; the evaluation needs 60",
        ),
        (
            put("evaluation", "extractor", value="inception"),
            "extractor is 'inception'; there is: ran",
        ),
        (
            put("evaluation", "interpolation", value="cubic"),
            "interpolation is 'cubic', must be one of bilinear, bicubic, nearest, shifted",
        ),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, tiny_params: dict, change: Callable[[dict], None], message: str
):
    change(tiny_params)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    with pytest.raises(UserError) as error:
        load_profile(tmp_path / "params.yaml")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("old", RENAMED)
@pytest.mark.parametrize("where", [(), ("runs", "faces-cips")])
def test_a_parameter_of_an_older_layout_is_refused_with_its_new_name(
    tmp_path: Path, tiny_params: dict, where: tuple[str, ...], old: str
):
    mapping = tiny_params
    *sections, key = (*where, *old.split("."))
    for section in sections:
        mapping[section] = dict(mapping.get(section) or {})
        mapping = mapping[section]
    mapping[key] = 1
    place = ".".join([*where, ""])
    message = f"{place}{old} has a new name: {place}{RENAMED[old]}"
    with pytest.raises(UserError, match=re.escape(message)):
        make_study(tmp_path, tiny_params)


@pytest.mark.parametrize("text", [b"a: [1", b"- 1", b"", b"just words", b"\xff\xfe\x00"])
def test_what_is_not_a_mapping_is_refused(tmp_path: Path, text: bytes):
    (tmp_path / "params.yaml").write_bytes(text)
    with pytest.raises(UserError, match=r"params\.yaml"):
        load_profile(tmp_path / "params.yaml")


def test_a_profile_that_was_copied_without_its_root_is_refused(tmp_path: Path, tiny_params: dict):
    folder = tmp_path / "profiles" / "mine"
    folder.mkdir(parents=True)
    (tmp_path / "dvc.yaml").touch()
    (folder / "dvc.yaml").symlink_to("../../dvc.yaml")
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    with pytest.raises(UserError, match=r"they must lead to this file \(below profiles/"):
        load_profile(folder / "params.yaml")
    right = {"profile": "mine", "root": "../..", "here": "profiles/mine/params.yaml"}
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny_params | right))
    assert load_profile(folder / "params.yaml").paths.root == tmp_path


def test_a_key_given_twice_is_refused(tmp_path: Path, tiny_params: dict):
    text = yaml.safe_dump(tiny_params).replace("  r1_gamma:", "  r1_gamma: 2.0\n  r1_gamma:")
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(UserError, match='found duplicate key "r1_gamma"'):
        load_profile(tmp_path / "params.yaml")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UserError, match="No such file"):
        load_profile(tmp_path / "params.yaml")


def test_a_run_belongs_to_the_part_of_the_study_that_its_name_says():
    study = load_profile(profile_file("demo", REPOSITORY))
    shares = {group: list(study.only(group).runs) for group in groups.GROUPS}
    assert {group: len(runs) for group, runs in shares.items()} == {
        groups.DATASETS: 10,
        groups.ABLATIONS: 6,
        groups.PANORAMAS: 1,
        groups.PATCHES: 4,
    }
    assert (
        list(study.only(groups.PATCHES, groups.PANORAMAS).runs)
        == shares[groups.PANORAMAS] + shares[groups.PATCHES]
    )
    assert group_of("a-name-of-my-own") == groups.DATASETS
