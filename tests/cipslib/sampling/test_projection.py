"""Projection: images of the generator itself are found again; bad targets are named."""

from typing import Any

import numpy as np
import pytest
import torch
from conftest import assert_same_images, refused, small_generator, small_stylegan2

from cipslib.networks.models import AnyGenerator
from cipslib.sampling import projection
from cipslib.sampling.latents import device_and_type, sample_latents
from cipslib.sampling.projection import StyleSpace, project, psnr, synthesize_images
from cipslib.sampling.synthesis import render

GENERATORS = {
    "main": small_generator,
    "sine": lambda: small_generator(variant="sine"),
    "cylinder": lambda: small_generator(circumference=9),
    "stylegan2": small_stylegan2,
}


def own_image(generator: AnyGenerator, seed: int) -> np.ndarray:
    z = sample_latents(1, generator.config.style_dim, seed).to(*device_and_type(generator))
    return render(generator, generator.mapping(z))[0]


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_a_generators_own_image_is_found_again(make: Any):
    generator = make()
    target = own_image(generator, seed=77)
    found = project(generator, target, 150)
    assert found.psnr >= 30
    assert found.image.shape == target.shape
    assert found.w.shape == (1, 5)
    # What is returned belongs together.
    assert_same_images(render(generator, found.w)[0], found.image)
    assert found.psnr == psnr(found.image, target)
    assert len(found.losses) == 151
    assert min(found.losses) < 0.5 * found.losses[0]


def test_the_seed_decides_all_and_the_callers_randomness_is_left_alone():
    generator = small_generator()
    target = own_image(generator, seed=5)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = project(generator, target, 20)
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(2)
    again = project(generator, target, 20)
    other = project(generator, target, 20, seed=1)
    torch.testing.assert_close(first.w, again.w)
    assert first.losses == pytest.approx(again.losses)
    assert first.losses != pytest.approx(other.losses)


def test_the_generator_is_left_as_it_was():
    generator = small_generator()  # with parameters that ask for gradients
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    project(generator, own_image(generator, seed=5), 3)
    assert all(torch.equal(value, before[key]) for key, value in generator.state_dict().items())
    assert all(parameter.grad is None for parameter in generator.parameters())


def test_the_start_is_the_best_of_candidates_and_mean():
    generator = small_generator()
    target = own_image(generator, seed=0)  # the first candidate itself
    assert project(generator, target, 1).psnr > 50
    space = StyleSpace(generator, 0)
    mean = render(generator, space.mean[None])[0]
    assert project(generator, mean, 1).psnr > 50


def test_styles_are_white_in_their_space():
    space = StyleSpace(small_generator(), 0)
    white = space.whiten(space.draws)
    assert torch.allclose(space.unwhiten(white), space.draws)
    assert white.mean(dim=0).abs().max() < 1e-10
    assert torch.allclose(torch.cov(white.T), torch.eye(5, dtype=torch.float64))


def test_losses_are_those_of_the_best_start_and_the_best_point_is_kept(monkeypatch):
    monkeypatch.setattr(projection, "LEARNING_RATE", 30.0)
    generator = small_generator()
    target = own_image(generator, seed=9)
    wild = project(generator, target, 30)
    aim = torch.from_numpy(target / 127.5 - 1).permute(2, 0, 1)[None]
    image = synthesize_images(generator, wild.w)
    image = torch.where(aim.abs() == 1, image.clamp(-1, 1), image)  # white is white enough
    assert (image - aim).square().mean().item() == pytest.approx(min(wild.losses))
    assert min(wild.losses) <= wild.losses[-1]


@pytest.mark.parametrize("shape", [(6, 7, 3), (6, 6), (6, 6, 4)], ids=str)
def test_another_size_is_an_error_that_names_both(shape: tuple[int, ...]):
    said = refused("6 x 6 x 3", project, small_generator(), np.zeros(shape, np.uint8), 150)
    assert f"shape {' x '.join(map(str, shape))};" in said


def test_no_steps_are_refused():
    target = np.zeros((6, 6, 3), np.uint8)
    refused("steps is 0, must be at least 1", project, small_generator(), target, steps=0)
