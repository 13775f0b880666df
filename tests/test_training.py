"""A D step, a G step, the moving average, and that a resumed run is the same run."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from cipslib.checkpoints import load_state, save_state
from cipslib.config import Profile
from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.errors import UserError
from cipslib.patches import PatchConfig
from cipslib.randomness import Stream, torch_stream
from cipslib.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.training import (
    TrainingState,
    discriminator_step,
    ema_decay,
    fake_images,
    generator_step,
    initial_state,
    train,
    update_average,
    with_coordinates,
)

CPU = torch.device("cpu")
FOR_DISCRIMINATOR = Stream.LATENTS_FOR_DISCRIMINATOR, Stream.NOISE_FOR_DISCRIMINATOR


def start(study: Profile) -> tuple[TrainingState, BatchLoader]:
    run = study.run("faces-cips")
    state = initial_state(run.generator, run.discriminator, run.training, CPU)
    images = np.load(study.paths.images("faces"), mmap_mode="r")
    options = BatchOptions(run.generator.resolution, flips=True)
    return state, BatchLoader(images, run.training.seed, options, CPU)


def weights(network: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in network.parameters()]


def changed(before: list[torch.Tensor], network: torch.nn.Module) -> list[bool]:
    return [not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True)]


def test_a_discriminator_step_changes_all_of_d_and_nothing_else(study: Profile):
    state, data = start(study)
    g, d = weights(state.generator), weights(state.discriminator)
    config = study.run("faces-cips").training
    losses = discriminator_step(state, config, data.batch(0, config.batch_size))
    assert all(changed(d, state.discriminator))
    assert not any(changed(g, state.generator))
    assert {"loss/discriminator", "r1"} <= set(losses)  # the first step takes R1


def test_a_discriminator_step_follows_the_gradient_of_the_whole_objective(study: Profile):
    """Logistic loss + gamma/2 * interval * R1, written out, against the gradients of the step."""
    state, data = start(study)
    config = replace(study.run("faces-cips").training, r1_gamma=0.7)
    d = copy.deepcopy(state.discriminator)
    batch = data.batch(0, config.batch_size)
    real = batch.images.clone().requires_grad_()
    with torch.no_grad():
        fake = fake_images(state, config, *FOR_DISCRIMINATOR, None)
    scores = d(real)
    (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    penalty = slope.square().sum() / config.batch_size
    loss = torch.log1p(torch.exp(-scores)).mean() + torch.log1p(torch.exp(d(fake))).mean()
    (loss + 0.35 * config.r1_interval * penalty).backward()
    discriminator_step(state, config, batch)
    for expected, taken in zip(d.parameters(), state.discriminator.parameters(), strict=True):
        torch.testing.assert_close(taken.grad, expected.grad, rtol=1e-4, atol=1e-6)


def test_r1_is_taken_every_interval(study: Profile):
    state, data = start(study)
    config = study.run("faces-cips").training
    taken = ["r1" in losses for losses in train(state, config, data)]
    assert taken == [step % config.r1_interval == 0 for step in range(12)]


def test_a_generator_step_changes_all_of_g_and_nothing_else(study: Profile):
    state, _ = start(study)
    g, d = weights(state.generator), weights(state.discriminator)
    generator_step(state, study.run("faces-cips").training, None)
    assert all(changed(g, state.generator))
    assert not any(changed(d, state.discriminator))


def test_steps_improve_their_own_objective(study: Profile):
    """Against a frozen opponent each network's loss falls."""
    state, data = start(study)
    config = study.run("faces-cips").training
    batch = data.batch(0, config.batch_size)
    d_losses = [discriminator_step(state, config, batch)["loss/discriminator"] for _ in range(15)]
    g_losses = [generator_step(state, config, None)["loss/generator"] for _ in range(15)]
    assert d_losses[-1] < d_losses[0]
    assert g_losses[-1] < g_losses[0]


def test_average_has_the_half_life_that_it_claims(study: Profile):
    state, _ = start(study)
    config = study.run("faces-cips").training
    target = copy.deepcopy(state.average)
    with torch.no_grad():
        for parameter in target.parameters():
            parameter.add_(1.0)
    late = 10**9  # past the ramp-up
    steps = round(config.ema_halflife_images / config.batch_size)
    before = weights(state.average)
    for _ in range(steps):
        update_average(state.average, target, ema_decay(config, late))
    moved = 1 - 0.5 ** (steps * config.batch_size / config.ema_halflife_images)
    for old, new in zip(before, state.average.parameters(), strict=True):
        torch.testing.assert_close(new, old + moved)


def test_average_follows_faster_at_the_start(study: Profile):
    config = study.run("faces-cips").training  # half-life 50, at most half of the images seen
    assert ema_decay(config, 8) == 0.5 ** (8 / 4)
    assert ema_decay(config, 80) == 0.5 ** (8 / 40)
    assert ema_decay(config, 1000) == 0.5 ** (8 / 50)


def test_a_resumed_run_is_bit_identical(study: Profile, tmp_path):
    config = study.run("faces-cips").training
    whole, data = start(study)
    for _ in train(whole, config, data):
        pass
    first, data = start(study)
    for _ in train(first, config, data):
        if first.images_seen == 40:
            break
    save_state(tmp_path / "state.safetensors", first, {"run": 1})
    second, data = start(study)
    load_state(tmp_path / "state.safetensors", second, {"run": 1})
    assert second.images_seen == 40
    for _ in train(second, config, data):
        pass
    for part in ("generator", "discriminator", "average"):
        assert not any(changed(weights(getattr(whole, part)), getattr(second, part)))


def test_another_runs_state_is_refused(study: Profile, tmp_path):
    state, _ = start(study)
    save_state(tmp_path / "state.safetensors", state, {"data": "a", "training": 1})
    with pytest.raises(UserError, match="belongs to another run: data differ"):
        load_state(tmp_path / "state.safetensors", state, {"data": "b", "training": 1})


def patchy(study: Profile, **options: Any) -> tuple[TrainingState, BatchLoader]:
    """As ``start``, for a discriminator of 8 px that is told where the pixels are."""
    run = study.run("faces-cips")
    small = replace(run.discriminator, resolution=8, coordinates=True)
    state = initial_state(run.generator, small, run.training, CPU)
    images = np.load(study.paths.images("faces"), mmap_mode="r")
    return state, BatchLoader(images, 0, BatchOptions(16, **options), CPU)


def test_patches_are_drawn_where_the_real_ones_lie(study: Profile):
    """Each pixel is that of the whole picture, at the place that the discriminator is told."""
    state, data = patchy(study, patches=PatchConfig(8, (2,), "uniform"))
    config = study.run("faces-cips").training
    batch = data.batch(0, config.batch_size)
    whole = fake_images(state, config, *FOR_DISCRIMINATOR, None)
    patches = fake_images(state, config, *FOR_DISCRIMINATOR, batch.coords)
    told = with_coordinates(state, patches, batch.coords)
    places = ((told[:, 3:] + 1) * 7.5).round().long()
    image = torch.arange(config.batch_size)[:, None, None]
    expected = whole.permute(0, 2, 3, 1)[image, places[:, 1], places[:, 0]].permute(0, 3, 1, 2)
    torch.testing.assert_close(patches, expected, rtol=1e-4, atol=1e-5)
    assert len(places[:, :, 0, 0].unique(dim=0)) > 1


def test_a_run_on_patches_trains_both_networks(study: Profile):
    state, data = patchy(study, patches=PatchConfig(8, (1, 2), "release"))
    config = replace(study.run("faces-cips").training, total_images=32)
    g, d = weights(state.generator), weights(state.discriminator)
    losses = list(train(state, config, data))
    assert len(losses) == 4 and all(torch.isfinite(v) for step in losses for v in step.values())
    assert all(changed(d, state.discriminator))
    assert all(changed(g, state.generator))


def test_a_run_on_a_cylinder_shows_windows_to_the_discriminator(study: Profile):
    run = study.run("faces-cips")
    generator = replace(run.generator, circumference=24)
    state = initial_state(generator, run.discriminator, run.training, CPU)
    images = np.load(study.paths.images("faces"), mmap_mode="r")
    options = BatchOptions(16, circumference=24)
    data = BatchLoader(images, 0, options, CPU)
    batch = data.batch(0, run.training.batch_size)
    random = torch_stream(run.training.seed, Stream.LATENTS_FOR_DISCRIMINATOR, 0)
    whole = state.generator(torch.randn(len(batch.images), 7, generator=random))
    windows = fake_images(state, run.training, *FOR_DISCRIMINATOR, batch.coords)
    assert batch.coords is not None
    first = ((batch.coords[:, 0, 0] + 1) * 12).round().long()
    for image, start in enumerate(first.tolist()):
        expected = torch.roll(whole[image], -start, dims=2)[:, :, :16]
        torch.testing.assert_close(windows[image], expected, rtol=1e-4, atol=1e-5)
    g = weights(state.generator)
    for _ in train(state, replace(run.training, total_images=8), data):
        assert all(changed(g, state.generator))


def test_a_generator_of_whole_images_draws_no_patches(study: Profile):
    state, data = patchy(study, patches=PatchConfig(8, (2,), "uniform"))
    config = study.run("faces-cips").training
    state.generator = StyleGAN2Generator(StyleGAN2Config(16, 64, 8, 7, 2))
    with pytest.raises(UserError, match=r"patches and cylinders need .* the model cips"):
        discriminator_step(state, config, data.batch(0, config.batch_size))


def test_a_step_leaves_its_batch_as_it_was(study: Profile):
    """With R1, which asks for the gradient at the real images."""
    state, data = start(study)
    config = study.run("faces-cips").training
    batch = data.batch(0, config.batch_size)
    assert "r1" in discriminator_step(state, config, batch)
    assert not batch.images.requires_grad


def test_the_discriminator_is_told_the_same_places_for_real_and_fake(study: Profile):
    state, data = patchy(study, patches=PatchConfig(8, (2,), "uniform"))
    config = study.run("faces-cips").training
    batch = data.batch(0, config.batch_size)
    seen: list[torch.Tensor] = []
    state.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    discriminator_step(state, config, batch)
    generator_step(state, config, batch.coords)
    assert len(seen) == 3  # real and fake for D, fake for G
    assert torch.equal(seen[0][:, :3], batch.images)
    for images in seen:
        assert torch.equal(images[:, 3:].flatten(2).transpose(1, 2), batch.coords)
