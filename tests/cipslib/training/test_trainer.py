"""A D step, a G step, the moving average, and that a resumed run is the same run."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import refused

from cipslib.datasets.batches import Batch, BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.patches import PatchConfig
from cipslib.networks.generator import pixels_to_images
from cipslib.networks.randomness import Stream, torch_stream
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.training.checkpoints import load_state, save_state
from cipslib.training.config import AdamConfig
from cipslib.training.state import ema_decay, initial_state, update_ema
from cipslib.training.trainer import FOR_DISCRIMINATOR, Trainer, with_coordinates
from replication.profile.profile import Profile

CPU = torch.device("cpu")


def start(study: Profile, **changes: Any) -> Trainer:
    """Return a trainer of the small run, with other training parameters."""
    run = study.run("faces-cips")
    config = replace(run.training, **changes)
    state = initial_state(run.generator, run.discriminator, config, CPU)
    return Trainer(state, config, loader(study, flips=True))


def loader(study: Profile, **options: Any) -> BatchLoader:
    images = np.load(study.paths.images("faces"), mmap_mode="r")
    return BatchLoader(images, 0, BatchOptions(16, **options), CPU)


def first_batch(trainer: Trainer) -> Batch:
    return trainer.data.batch(0, trainer.config.batch_size)


def weights(network: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in network.parameters()]


def pairs(*networks: torch.nn.Module) -> Iterator[tuple[torch.nn.Parameter, ...]]:
    return zip(*(network.parameters() for network in networks), strict=True)


def changed(before: list[torch.Tensor], network: torch.nn.Module) -> list[bool]:
    return [not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True)]


def test_a_step_changes_all_of_its_own_network_and_nothing_else(study: Profile):
    trainer = start(study)
    state, batches = trainer.state, [first_batch(trainer)]
    g, d = weights(state.generator), weights(state.discriminator)
    losses = trainer.discriminator_step(batches)
    assert all(changed(d, state.discriminator)) and not any(changed(g, state.generator))
    assert {"loss/discriminator", "r1"} <= set(losses)  # the first step takes R1
    assert not batches[0].images.requires_grad  # R1 asked for the gradient at a copy of them
    d = weights(state.discriminator)
    trainer.generator_step(batches)
    assert all(changed(g, state.generator)) and not any(changed(d, state.discriminator))


@pytest.mark.parametrize("with_r1", [True, False])
def test_a_discriminator_step_follows_the_gradient_of_the_whole_objective(
    study: Profile, with_r1: bool
):
    """Logistic loss + gamma/2 * interval * R1, written out, against the gradients of the step."""
    trainer = start(study, r1_gamma=0.7)
    config, batch = trainer.config, first_batch(trainer)
    trainer.state.images_seen = 0 if with_r1 else config.batch_size
    d = copy.deepcopy(trainer.state.discriminator)
    real = batch.images.clone().requires_grad_()
    with torch.no_grad():
        fake = trainer.fake_images(FOR_DISCRIMINATOR, trainer.microbatch_indices[0], batch)
    scores = d(real)
    loss = torch.log1p(torch.exp(-scores)).mean() + torch.log1p(torch.exp(d(fake))).mean()
    if with_r1:
        (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
        loss = loss + 0.35 * config.r1_interval * slope.square().sum() / config.batch_size
    loss.backward()
    trainer.discriminator_step([batch])
    for expected, taken in pairs(d, trainer.state.discriminator):
        torch.testing.assert_close(taken.grad, expected.grad, rtol=1e-4, atol=1e-6)


def test_r1_is_a_second_step_down_the_penalty_alone(study: Profile):
    """As released: the penalty's gradient, at weights that the first step has already moved."""
    trainer, without = start(study, r1_separate_step=True), start(study, r1_gamma=0.0)
    batch = first_batch(trainer)
    trainer.discriminator_step([batch])
    without.discriminator_step([batch])  # the first of the two steps
    d, real = without.state.discriminator, batch.images.clone().requires_grad_()
    d.zero_grad()
    (slope,) = torch.autograd.grad(d(real).sum(), real, create_graph=True)
    penalty = slope.square().sum() / len(real)
    (trainer.config.r1_gamma / 2 * trainer.config.r1_interval * penalty).backward()
    for expected, taken in pairs(d, trainer.state.discriminator):
        if expected.grad is None:
            assert taken.grad is None  # the last bias, of which the penalty does not depend
        else:
            torch.testing.assert_close(taken.grad, expected.grad, rtol=1e-3, atol=1e-6)
    steps = trainer.state.discriminator_optimizer.state_dict()["state"][0]["step"]
    assert steps == 2


def test_r1_is_taken_every_interval(study: Profile):
    trainer = start(study)
    taken = ["r1" in losses for losses in trainer.steps()]
    assert taken == [step % trainer.config.r1_interval == 0 for step in range(12)]


def test_each_network_has_an_adam_of_its_own(study: Profile):
    released = {"betas": (0.0, 0.99**0.8), "learning_rate": 0.0016}
    trainer = start(study, generator_adam=AdamConfig(**released))
    (group,) = trainer.state.generator_optimizer.param_groups
    assert (group["lr"], group["betas"], group["eps"]) == (0.0016, (0.0, 0.99**0.8), 1e-8)
    (group,) = trainer.state.discriminator_optimizer.param_groups
    assert (group["lr"], group["betas"]) == (0.002, (0.0, 0.99))


def test_the_moving_average_has_its_half_life_and_follows_faster_at_the_start(study: Profile):
    trainer = start(study)
    state, config = trainer.state, trainer.config
    target = copy.deepcopy(state.generator_ema)
    with torch.no_grad():
        for parameter in target.parameters():
            parameter.add_(1.0)
    late = 10**9  # past the ramp-up
    steps = round(config.ema_halflife_images / config.batch_size)
    before = weights(state.generator_ema)
    for _ in range(steps):
        update_ema(state.generator_ema, target, ema_decay(config, late))
    # The half-life is 50, and at most half of the images seen.
    assert ema_decay(config, 8) == 0.5 ** (8 / 4)
    assert ema_decay(config, 80) == 0.5 ** (8 / 40)
    assert ema_decay(config, late) == 0.5 ** (8 / 50)
    moved = 1 - 0.5 ** (steps * config.batch_size / config.ema_halflife_images)
    for old, new in zip(before, state.generator_ema.parameters(), strict=True):
        torch.testing.assert_close(new, old + moved)


def test_another_runs_state_is_refused_and_the_difference_shown(study: Profile, tmp_path):
    state, file = start(study).state, tmp_path / "state.safetensors"
    save_state(file, state, {"data": "a", "training": {"batch_size": 16, "seed": 0}})
    other = {"data": "a", "training": {"batch_size": 32, "seed": 0}}
    refused(r"another run \(training.batch_size: 16, now 32\)", load_state, file, state, other)


def patchy(study: Profile, **options: Any) -> Trainer:
    """As ``start``, for a discriminator of 8 px that is told where the pixels are."""
    run = study.run("faces-cips")
    small = replace(run.discriminator, resolution=8, coordinates=True)
    config = replace(run.training, total_images=32)
    state = initial_state(run.generator, small, config, CPU)
    return Trainer(state, config, loader(study, **options))


def test_patches_are_drawn_where_the_real_ones_lie(study: Profile):
    """Each pixel is that of the whole image, at the place that the discriminator is told."""
    trainer = patchy(study, patches=PatchConfig(8, (2,), "uniform", "nearest"))
    batch, indices = first_batch(trainer), trainer.microbatch_indices[0]
    whole = trainer.fake_images(FOR_DISCRIMINATOR, indices, Batch(batch.images, None))
    patches = trainer.fake_images(FOR_DISCRIMINATOR, indices, batch)
    told = with_coordinates(patches, batch.coords)
    places = ((told[:, 3:] + 1) * 7.5).round().long()
    image = torch.arange(len(indices))[:, None, None]
    expected = whole.permute(0, 2, 3, 1)[image, places[:, 1], places[:, 0]].permute(0, 3, 1, 2)
    torch.testing.assert_close(patches, expected, rtol=1e-4, atol=1e-5)
    assert len(places[:, :, 0, 0].unique(dim=0)) > 1


def test_the_released_code_trains_patches_with_shifted_embeddings(study: Profile):
    """The image is that of `synthesis` with the shifted interpolation, and not the exact one."""
    trainer = patchy(study, patches=PatchConfig(8, (2,), "release", "shifted"))
    batch, generator = first_batch(trainer), trainer.state.generator
    patches = trainer.fake_images(FOR_DISCRIMINATOR, trainer.microbatch_indices[0], batch)
    random = torch_stream(0, Stream.LATENTS_FOR_DISCRIMINATOR, 0)
    w = generator.mapping(torch.randn(trainer.config.batch_size, 7, generator=random))
    shifted, exact = (
        pixels_to_images(generator.synthesis(w, batch.coords, interpolation=interpolation), 8)
        for interpolation in ("shifted", "nearest")
    )
    torch.testing.assert_close(patches, shifted)
    assert (patches - exact).abs().max() > 0.01


def test_a_run_on_a_cylinder_shows_windows_to_the_discriminator(study: Profile):
    run = study.run("faces-cips")
    config = replace(run.training, total_images=8)
    generator = replace(run.generator, circumference=24)
    state = initial_state(generator, run.discriminator, config, CPU)
    trainer = Trainer(state, config, loader(study, circumference=24))
    batch = first_batch(trainer)
    random = torch_stream(config.seed, Stream.LATENTS_FOR_DISCRIMINATOR, 0)
    whole = state.generator(torch.randn(len(batch.images), 7, generator=random))
    windows = trainer.fake_images(FOR_DISCRIMINATOR, trainer.microbatch_indices[0], batch)
    assert batch.coords is not None
    first = ((batch.coords[:, 0, 0] + 1) * 12).round().long()
    for image, begin in enumerate(first.tolist()):
        expected = torch.roll(whole[image], -begin, dims=2)[:, :, :16]
        torch.testing.assert_close(windows[image], expected, rtol=1e-4, atol=1e-5)
    g = weights(state.generator)
    for _ in trainer.steps():
        assert all(changed(g, state.generator))


def test_a_generator_of_whole_images_draws_no_patches(study: Profile):
    trainer = patchy(study, patches=PatchConfig(8, (2,), "uniform", "nearest"))
    trainer.state.generator = StyleGAN2Generator(StyleGAN2Config(16, 64, 8, 7, 2))
    message = r"patches and cylinders need .* the model cips"
    refused(message, Trainer, trainer.state, trainer.config, trainer.data)


@pytest.mark.parametrize("with_r1", [True, False])
def test_the_discriminator_is_told_the_same_places_for_real_and_fake(study: Profile, with_r1: bool):
    trainer = patchy(study, patches=PatchConfig(8, (2,), "uniform", "nearest"))
    trainer.state.images_seen = 0 if with_r1 else trainer.config.batch_size
    batch = first_batch(trainer)
    seen: list[torch.Tensor] = []
    size, hook = len(batch.images), trainer.state.discriminator.register_forward_pre_hook
    hook(lambda _, inputs: seen.extend(inputs[0].split(size)))
    trainer.discriminator_step([batch])
    trainer.generator_step([batch])
    assert len(seen) == 3  # real and fake for D, fake for G
    assert torch.equal(seen[0][:, :3], batch.images)
    for images in seen:
        assert torch.equal(images[:, 3:].flatten(2).transpose(1, 2), batch.coords)
