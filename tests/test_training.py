"""A D step, a G step, the moving average, and that a resumed run is the same run."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from cipslib.checkpoints import load_state, save_state
from cipslib.config import Profile
from cipslib.datasets.loader import BatchLoader
from cipslib.errors import UserError
from cipslib.randomness import Stream
from cipslib.training import (
    TrainingState,
    discriminator_step,
    ema_decay,
    fake_images,
    generator_step,
    initial_state,
    train,
    update_average,
)

CPU = torch.device("cpu")


def start(study: Profile) -> tuple[TrainingState, BatchLoader]:
    run = study.run("faces-cips")
    state = initial_state(run.generator, run.discriminator, run.training, CPU)
    images = np.load(study.paths.images("faces"), mmap_mode="r")
    return state, BatchLoader(images, run.training.seed, True, CPU)


def weights(network: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in network.parameters()]


def changed(before: list[torch.Tensor], network: torch.nn.Module) -> list[bool]:
    return [not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True)]


def test_a_discriminator_step_changes_all_of_d_and_nothing_else(study: Profile):
    state, data = start(study)
    g, d = weights(state.generator), weights(state.discriminator)
    losses = discriminator_step(state, study.run("faces-cips").training, data)
    assert all(changed(d, state.discriminator))
    assert not any(changed(g, state.generator))
    assert {"loss/discriminator", "r1"} <= set(losses)  # the first step takes R1


def test_a_discriminator_step_follows_the_gradient_of_the_whole_objective(study: Profile):
    """Logistic loss + gamma/2 * interval * R1, written out, against the gradients of the step."""
    state, data = start(study)
    config = replace(study.run("faces-cips").training, r1_gamma=0.7)
    d = copy.deepcopy(state.discriminator)
    real = data.batch(0, config.batch_size).requires_grad_()
    with torch.no_grad():
        fake = fake_images(
            state, config, Stream.LATENTS_FOR_DISCRIMINATOR, Stream.NOISE_FOR_DISCRIMINATOR
        )
    scores = d(real)
    (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    penalty = slope.square().sum() / config.batch_size
    loss = torch.log1p(torch.exp(-scores)).mean() + torch.log1p(torch.exp(d(fake))).mean()
    (loss + 0.35 * config.r1_interval * penalty).backward()
    discriminator_step(state, config, data)
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
    generator_step(state, study.run("faces-cips").training)
    assert all(changed(g, state.generator))
    assert not any(changed(d, state.discriminator))


def test_steps_improve_their_own_objective(study: Profile):
    """Against a frozen opponent each network's loss falls."""
    state, data = start(study)
    config = study.run("faces-cips").training
    d_losses = [discriminator_step(state, config, data)["loss/discriminator"] for _ in range(15)]
    g_losses = [generator_step(state, config)["loss/generator"] for _ in range(15)]
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
