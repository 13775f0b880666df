"""Every shape and type that the library's annotations state is checked while the tests run."""

import os
import shutil
import subprocess
import sys

from jaxtyping import install_import_hook

if "pytest" in sys.modules:  # the scripts of tests/ run without the checks, as users do
    install_import_hook(["cipslib", "replication", "synthetic"], "strict_types.check")

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from browser import Browser

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.features.weights import TABLE
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol, measurements_from_json
from cipslib.networks.coordinates import cylinder_grid, pixel_grid
from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.networks.files import save_generator
from cipslib.networks.generator import Generator, GeneratorConfig, Variant
from cipslib.networks.models import AnyGeneratorConfig, build_generator
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.presets import VARIANTS
from cipslib.training.config import HardwareConfig, TrainingConfig
from cipslib.training.distributed import SINGLE_PROCESS, DistributedContext
from cipslib.training.state import initial_state
from cipslib.training.trainer import Trainer
from cipslib.utils.dataclass_from_dict import build
from cipslib.utils.errors import UserError
from cipslib.utils.files import write_json
from cipslib.utils.hashing import sha256_of_file
from replication.profile.profile import Profile, load_profile
from replication.profile.results import read_results

# A suite in the background ignores Ctrl-C, and so would the processes that it interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).parent.parent
PYTHONPATH = f"{REPOSITORY}:{REPOSITORY / 'data'}"  # for children that start elsewhere

TINY = yaml.safe_load("""
profile: demo
root: .
here: params.yaml
main: faces-cips
datasets:
  faces: {card: synthetic-faces, source: data/synthetic, resolution: 16, margin: 0, crop: centre,
    crop_size: null, filter: lanczos, count: 48, held_out: 0, seed: 0}
cips: {variant: main, block_widths: [8, 8], fourier_dim: 6, embedding_dim: 5, style_dim: 7,
  mapping_layers: 2, fourier_bias: false, noise: false, circumference: 0}
stylegan2: {channel_base: 64, channel_max: 8, style_dim: 7, mapping_layers: 2}
discriminator: {channel_base: 64, channel_max: 8, stddev_group: 4, coordinates: false}
training:
  seeds: [0]
  total_images: 96
  batch_size: 8
  precision: fp32
  patches: null
  generator_adam: {learning_rate: 0.002, betas: [0.0, 0.99]}
  discriminator_adam: {learning_rate: 0.002, betas: [0.0, 0.99]}
  r1_gamma: 1.0
  r1_interval: 3
  r1_separate_step: false
  ema_halflife_images: 50
  ema_rampup_ratio: 0.5
  log_every_images: 32
  sample_every_images: 48
  checkpoint_every_images: 48
  checkpoints_kept: 2
  online_eval: {every_images: 48, images: 16, extractor: random}
  stop_rules: {max_score_gap: 40.0, score_patience: 10, min_diversity: 0.0,
    max_distance_ratio: 100.0, eval_patience: 3, warmup_images: 48}
hardware: {device: cpu, processes: 1, microbatch: null, threads: null, data_on_device: never,
  compile: false, channels_last: false, fused_adam: false, activation_checkpointing: false}
evaluation: {extractor: random, manifold_extractor: random, images: 24, real_images: null,
  format: none, seed: 1, faces: 4, descriptor: pixels, neighbours: 6, spectrum_images: 20,
  interpolation: bilinear, noise: false}
runs:
  faces-cips: {dataset: faces, model: cips}
imported: {}
left_out: {}
""")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def tiny_params() -> dict:
    """A small params.yaml as a dictionary, to be changed at will."""
    return yaml.safe_load(yaml.safe_dump(TINY))


@pytest.fixture(scope="session")
def made_weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Of a name in TABLE: a file of that network's structure with random weights, made once."""
    from networks import MAKERS

    @cache
    def made(name: str) -> Path:
        path = tmp_path_factory.mktemp(name) / TABLE[name].name
        MAKERS[name](path)
        return path

    return made


@pytest.fixture
def weights_file(
    made_weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """As ``made_weights``; for this test it is the file that TABLE knows."""

    def known(name: str) -> Path:
        path = made_weights(name)
        monkeypatch.setitem(TABLE, name, replace(TABLE[name], sha256=sha256_of_file(path)))
        return path

    return known


@pytest.fixture
def study(tmp_path: Path, tiny_params: dict) -> Profile:
    """The small profile in a folder of its own, with random images already prepared."""
    return make_study(tmp_path, tiny_params)


def small_trainer(
    hardware: HardwareConfig,
    distributed: DistributedContext = SINGLE_PROCESS,
    model: str = "cips",
    **changes: Any,
) -> Trainer:
    """Batches of 16 random images of 16 px, in groups of 4; ``model``: cips, noisy, stylegan2."""
    convolutional = {**TINY["stylegan2"], "resolution": 16}
    generator: AnyGeneratorConfig = build(StyleGAN2Config, convolutional, "stylegan2")
    if model != "stylegan2":
        main = asdict(VARIANTS["main"])
        cips = {**TINY["cips"], "variant": main, "resolution": 16, "noise": model == "noisy"}
        generator = build(GeneratorConfig, cips, "cips")
    one = {key: value for key, value in TINY["training"].items() if key != "seeds"}
    config = build(TrainingConfig, {**one, "seed": 0, "batch_size": 16, **changes}, "training")
    state = initial_state(generator, SMALL_DISCRIMINATOR, config, torch.device("cpu"), hardware)
    if model == "noisy":  # its strengths start at 0, where noise does nothing
        for name, parameter in state.generator.named_parameters():
            if "noise_strength" in name:
                parameter.data.fill_(0.3)
    options = BatchOptions(16, flips=True)
    data = BatchLoader(random_images(40, 16), 0, options, torch.device("cpu"))
    return Trainer(state, config, data, hardware, distributed)


def random_images(count: int, height: int, width: int | None = None, seed: int = 0) -> np.ndarray:
    """Noise; square images unless ``width`` is given."""
    shape = (count, height, width or height, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def make_study(root: Path, params: dict) -> Profile:
    shutil.copytree(REPOSITORY / "data/cards", root / "data/cards", dirs_exist_ok=True)
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    profile = load_profile(root / "params.yaml")
    for name, config in profile.datasets.items():
        path, count = profile.paths.images(name), config.count or 48
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, random_images(count, config.side))
        card = {"sha256": "random", "flips": True, "rotation": "none", "faces": True}
        card |= {"count": count, "held_out": config.held_out, "seed": config.seed}
        write_json(profile.paths.card(name), {**card, "paper_dataset": "FFHQ"})
    return profile


def change_card(path: Path, **entries: object) -> None:
    """Change entries of a data set's card: the one of its source, or the one that is prepared."""
    dump = json.dumps if path.suffix == ".json" else yaml.safe_dump
    path.write_text(dump(yaml.safe_load(path.read_text()) | entries))


def with_pipeline(study: Profile) -> Profile:
    """Of what a checkout has beside a profile, all that `cips doctor` asks for."""
    (study.paths.root / "dvc.yaml").touch()
    (study.paths.root / "data/synthetic").mkdir(parents=True)
    return study


def with_generators(study: Profile) -> Profile:
    """Save an untrained generator in the place of each run's trained one: always the same."""
    torch.manual_seed(0)
    for name, run in study.runs.items():
        save_generator(study.paths.generator(name), build_generator(run.generator))
    return study


def analysed(study: Profile, stage: str, run: str = "faces-cips") -> tuple[dict, dict, dict]:
    """Return what a stage writes of a run: all of it but the arrays, its numbers, the arrays."""
    from replication.measurements.common.run import analyse_run

    folder = analyse_run(study, stage, run).parent
    assert folder == study.paths.analysis(run, stage)
    content, arrays = read_results(folder)
    return content, measurements_from_json(content), arrays


def refused(
    message: str, action: Callable[..., object], *given: Any, error: type = UserError, **named: Any
) -> str:
    """Return what is said when an action is refused: one line, which ``message`` matches."""
    with pytest.raises(error, match=message) as caught:
        action(*given, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def python(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on this code in a process of its own, which must end well."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": PYTHONPATH, **environment}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


SMALL_DISCRIMINATOR = DiscriminatorConfig(
    resolution=16, channel_base=64, channel_max=8, stddev_group=4, coordinates=False
)
SMALL_GENERATOR = GeneratorConfig(
    resolution=6,
    variant=VARIANTS["main"],
    block_widths=(8, 8),
    fourier_dim=4,
    embedding_dim=3,
    style_dim=5,
    mapping_layers=2,
    fourier_bias=False,
    noise=False,
    circumference=0,
)


def small_generator(variant: str | Variant = "main", **changes: Any) -> Generator:
    """A small generator in float64, with every parameter away from its initial value."""
    torch.manual_seed(0)
    if isinstance(variant, str):
        variant = VARIANTS[variant]
    generator = Generator(replace(SMALL_GENERATOR, variant=variant, **changes))
    away_from_start(generator, 0.1).double()
    grid = cylinder_grid if generator.config.circumference else pixel_grid
    generator.grid = grid(6, generator.config.circumference or 6, dtype=torch.float64)
    return generator


def small_stylegan2(resolution: int = 8, noise: bool = False) -> StyleGAN2Generator:
    torch.manual_seed(0)
    config = StyleGAN2Config(resolution, 64, 8, style_dim=5, mapping_layers=2)
    generator = StyleGAN2Generator(config)
    for conv in generator.convs:
        conv.noise_strength.data.fill_(0.5 * noise)
    return generator


def small_discriminator() -> Discriminator:
    torch.manual_seed(2)
    return Discriminator(SMALL_DISCRIMINATOR).double()


def away_from_start(network: torch.nn.Module, by: float) -> torch.nn.Module:
    """Move every parameter from its initial value, which may be 0 or 1."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(by * torch.randn_like(parameter))
    return network


def measurement(value: float, width: float = 0.0, name: str = "m", **entries: Any) -> Measurement:
    """A number with an interval that reaches ``width`` to either side."""
    how = Protocol(name, entries or {"resolution": 32})
    return Measurement(Estimate(value, value - width, value + width), how)


def assert_same_images(first: np.ndarray, second: np.ndarray) -> None:
    """Bytes that are the same but for rounding: another product adds up in another order."""
    assert first.shape == second.shape
    assert np.abs(first.astype(int) - second.astype(int)).max() <= 1


@pytest.fixture(params=VARIANTS)
def generator(request: pytest.FixtureRequest) -> Generator:
    """Each variant in small."""
    return small_generator(variant=request.param)


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium: .ci/run installs it")
    if found is None:
        pytest.skip("no Chromium or Chrome here: the report is not opened")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory):
    browser = Browser(chromium, tmp_path_factory.mktemp("browser") / "user")
    yield browser
    browser.close()
