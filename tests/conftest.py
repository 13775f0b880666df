"""Every shape and type that the library's annotations state is checked while the tests run."""

import os
import shutil
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
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.networks.coordinates import cylinder_grid, pixel_grid
from cipslib.networks.discriminator import DiscriminatorConfig
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
from replication.profile.profile import Profile, load_profile

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
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Of a name in TABLE: a file of that network's structure with random weights, made once."""
    from networks import MAKERS

    @cache
    def made(name: str) -> Path:
        path = tmp_path_factory.mktemp(name) / TABLE[name].name
        MAKERS[name](path)
        return path

    return made


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
    generator: AnyGeneratorConfig = build(
        StyleGAN2Config, {**TINY["stylegan2"], "resolution": 16}, "stylegan2"
    )
    if model != "stylegan2":
        main = asdict(VARIANTS["main"])
        cips = {**TINY["cips"], "variant": main, "resolution": 16, "noise": model == "noisy"}
        generator = build(GeneratorConfig, cips, "cips")
    discriminator = {**TINY["discriminator"], "resolution": 16}
    one = {key: value for key, value in TINY["training"].items() if key != "seeds"}
    config = build(TrainingConfig, {**one, "seed": 0, "batch_size": 16, **changes}, "training")
    state = initial_state(
        generator,
        build(DiscriminatorConfig, discriminator, "discriminator"),
        config,
        torch.device("cpu"),
        hardware,
    )
    if model == "noisy":  # its strengths start at 0, where noise does nothing
        for name, parameter in state.generator.named_parameters():
            if "noise_strength" in name:
                parameter.data.fill_(0.3)
    images = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    data = BatchLoader(images, 0, BatchOptions(16, flips=True), torch.device("cpu"))
    return Trainer(state, config, data, hardware, distributed)


def make_study(root: Path, params: dict) -> Profile:
    cards = root / "data" / "cards"
    cards.mkdir(parents=True, exist_ok=True)
    for card in (REPOSITORY / "data" / "cards").glob("*.yaml"):
        (cards / card.name).write_text(card.read_text())
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    profile = load_profile(root / "params.yaml")
    for name, config in profile.datasets.items():
        shape = (config.count or 48, config.side, config.side, 3)
        images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        path = profile.paths.images(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, images)
        card = {
            "sha256": "random",
            "flips": True,
            "rotation": "none",
            "faces": True,
            "paper_dataset": "FFHQ",
            "count": config.count or 48,
            "held_out": config.held_out,
            "seed": config.seed,
        }
        profile.paths.card(name).write_text(json.dumps(card))
    return profile


def with_generators(study: Profile) -> Profile:
    """Save an untrained generator in the place of each run's trained one: always the same."""
    torch.manual_seed(0)
    for name, run in study.runs.items():
        save_generator(study.paths.generator(name), build_generator(run.generator))
    return study


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
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    generator.double()
    grid = cylinder_grid if generator.config.circumference else pixel_grid
    generator.grid = grid(6, generator.config.circumference or 6, dtype=torch.float64)
    return generator


def small_stylegan2(resolution: int = 8) -> StyleGAN2Generator:
    torch.manual_seed(0)
    config = StyleGAN2Config(
        resolution, channel_base=64, channel_max=8, style_dim=5, mapping_layers=2
    )
    return StyleGAN2Generator(config)


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
