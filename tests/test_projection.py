"""Projection: pictures of the generator itself are found again; bad targets and weights named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import small_generator
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.networks.models import AnyGenerator
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.sampling.latents import device_and_type, sample_latents
from cipslib.sampling.projection import (
    ProjectionConfig,
    StyleSpace,
    feature_distance,
    learning_rate_at,
    perceptual_weights,
    perceptual_weights_path,
    project,
    psnr,
    synthesize_images,
    vgg16_features,
)
from cipslib.sampling.synthesis import render
from cipslib.utils.errors import UserError

CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # in torchvision's VGG16
WIDTHS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)


def small_stylegan2() -> StyleGAN2Generator:
    torch.manual_seed(0)
    return StyleGAN2Generator(StyleGAN2Config(8, 64, 8, style_dim=5, mapping_layers=2))


GENERATORS = {
    "main": small_generator,
    "sine": lambda: small_generator(variant="sine"),
    "cylinder": lambda: small_generator(circumference=9),
    "stylegan2": small_stylegan2,
}


def own_picture(generator: AnyGenerator, seed: int) -> np.ndarray:
    z = sample_latents(1, generator.config.style_dim, seed).to(*device_and_type(generator))
    return render(generator, generator.mapping(z))[0]


def quick(**changes: Any) -> ProjectionConfig:
    return ProjectionConfig(**{"steps": 150, "candidates": 50, **changes})


@pytest.mark.parametrize("per_layer", [False, True], ids=["w", "each-layer"])
@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_a_generators_own_picture_is_found_again(make: Any, per_layer: bool):
    generator = make()
    target = own_picture(generator, seed=77)
    found = project(generator, target, quick(per_layer=per_layer))
    assert found.psnr >= 30
    assert found.picture.shape == target.shape
    # What is returned belongs together.
    np.testing.assert_array_equal(render(generator, found.w)[0], found.picture)
    assert found.psnr == psnr(found.picture, target)
    assert len(found.losses) == 151
    assert min(found.losses) < 0.5 * found.losses[0]


def test_there_is_a_style_for_each_layer_that_the_generator_takes():
    for generator, styles in ((small_generator(), 5), (small_stylegan2(), 4)):
        target = own_picture(generator, seed=3)
        assert project(generator, target, quick(steps=2)).w.shape == (1, 5)
        found = project(generator, target, quick(steps=2, per_layer=True))
        assert found.w.shape == (1, styles, 5)


def test_the_layers_go_ways_of_their_own():
    generator = small_generator()
    target = np.random.default_rng(0).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    together = project(generator, target, quick())
    apart = project(generator, target, quick(per_layer=True))
    assert not torch.allclose(apart.w[:, 0], apart.w[:, 1], atol=0.1)
    assert apart.psnr > together.psnr + 1


def test_the_seed_decides_all_and_the_callers_randomness_is_left_alone():
    generator = small_generator()
    target = own_picture(generator, seed=5)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = project(generator, target, quick(steps=20))
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(2)
    again = project(generator, target, quick(steps=20))
    other = project(generator, target, quick(steps=20, seed=1))
    assert torch.equal(first.w, again.w)
    assert first.losses == again.losses
    assert first.losses != other.losses


def test_the_generator_is_left_as_it_was():
    generator = small_generator()  # with parameters that ask for gradients
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    project(generator, own_picture(generator, seed=5), quick(steps=3))
    assert all(torch.equal(value, before[key]) for key, value in generator.state_dict().items())
    assert all(parameter.grad is None for parameter in generator.parameters())


def test_the_start_is_the_best_of_candidates_and_mean():
    generator = small_generator()
    target = own_picture(generator, seed=0)  # the first candidate itself
    assert project(generator, target, quick(steps=1, starts=1)).psnr > 50
    space = StyleSpace(generator, 0)
    mean = render(generator, space.mean[None])[0]
    assert project(generator, mean, quick(steps=1, starts=1)).psnr > 50


def test_styles_are_white_in_their_space():
    space = StyleSpace(small_generator(), 0)
    white = space.whiten(space.draws)
    assert torch.allclose(space.unwhiten(white), space.draws)
    assert white.mean(dim=0).abs().max() < 1e-10
    assert torch.allclose(torch.cov(white.T), torch.eye(5, dtype=torch.float64))


def test_losses_are_those_of_the_best_start_and_the_best_point_is_kept():
    generator = small_generator()
    target = own_picture(generator, seed=9)
    wild = project(generator, target, quick(steps=30, learning_rate=30.0))
    aim = torch.from_numpy(target / 127.5 - 1).permute(2, 0, 1)[None]
    image = synthesize_images(generator, wild.w)
    image = torch.where(aim.abs() == 1, image.clamp(-1, 1), image)  # white is white enough
    assert (image - aim).square().mean().item() == pytest.approx(min(wild.losses))
    assert min(wild.losses) <= wild.losses[-1]


def test_the_learning_rate_rises_holds_and_falls_to_zero():
    config = ProjectionConfig(steps=100, learning_rate=2.0)
    rates = [learning_rate_at(step / 100, config) for step in range(101)]
    assert 0 < rates[0] < rates[3] < rates[5] == rates[50] == 2.0
    assert rates[75] == pytest.approx(1.0)
    assert rates[100] == 0.0


def test_psnr():
    black = np.zeros((2, 2, 3), np.uint8)
    assert psnr(black, black) == float("inf")
    assert psnr(black, black + np.uint8(255)) == 0
    assert psnr(black, black + np.uint8(1)) == pytest.approx(48.1308, abs=1e-4)


@pytest.mark.parametrize(
    "shape", [(6, 7, 3), (12, 12, 3), (6, 6), (6, 6, 4), (1, 6, 6, 3)], ids=str
)
def test_another_size_is_an_error_that_names_both(shape: tuple[int, ...]):
    target = np.zeros(shape, np.uint8)
    with pytest.raises(UserError, match="6 x 6 x 3") as error:
        project(small_generator(), target, quick())
    assert f"shape {' x '.join(map(str, shape))};" in str(error.value)


def test_a_cylinders_target_goes_all_the_way_round():
    with pytest.raises(UserError, match="6 x 9 x 3"):
        project(small_generator(circumference=9), np.zeros((6, 6, 3), np.uint8), quick())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps is 0, must be at least 1"),
        ({"candidates": 0}, "candidates is 0, must be at least 1"),
        ({"candidates": 10_001}, "candidates is 10001, must be at most 10000"),
        ({"starts": 51}, "starts is 51, must be at most candidates"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0, must be positive"),
        ({"learning_rate": float("nan")}, "learning_rate is nan, must be positive"),
        ({"perceptual_weight": -1.0}, "perceptual_weight is -1.0, must be positive"),
        ({"seed": -1}, "seed is -1, must be at least 0"),
    ],
    ids=str,
)
def test_bad_settings_are_named(changes: dict, message: str):
    with pytest.raises(UserError, match=message):
        quick(**changes)


# --- perceptual loss


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Weights of VGG16's convolutions under torchvision's names; small ones, random."""
    random = torch.Generator().manual_seed(0)
    tensors = {}
    for index, inputs, outputs in zip(CONVOLUTIONS, WIDTHS, WIDTHS[1:], strict=False):
        weight = torch.randn(outputs, inputs, 3, 3, generator=random) * (2 / (9 * inputs)) ** 0.5
        tensors[f"features.{index}.weight"] = weight
        tensors[f"features.{index}.bias"] = 0.1 * torch.randn(outputs, generator=random)
    return tensors


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, state: dict[str, Tensor]) -> Path:
    path = tmp_path_factory.mktemp("vgg") / "weights.pth"
    torch.save({**state, "classifier.0.bias": torch.zeros(4096)}, path)
    return path


def test_features_are_vgg16s(weights: Path, state: dict[str, Tensor]):
    """Against the layers written out, by torchvision's numbers."""
    torch.manual_seed(0)
    images = 2 * torch.rand(2, 3, 64, 80) - 1
    expected = []
    x = (images + 1) / 2
    x = torch.stack(
        [
            (x[:, i] - m) / s
            for i, (m, s) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)])
        ],
        dim=1,
    )
    for index in range(30):
        if index in CONVOLUTIONS:
            x = F.conv2d(
                x, state[f"features.{index}.weight"], state[f"features.{index}.bias"], padding=1
            ).relu()
        if index in (4, 9, 16, 23):
            x = F.max_pool2d(x, 2)
        if index in (3, 8, 15, 22, 29):
            expected.append(x / x.norm(dim=1, keepdim=True).clamp(min=1e-12))
    features = vgg16_features(weights)(images)
    assert [level.shape[1:] for level in features] == [
        (64, 64, 80),
        (128, 32, 40),
        (256, 16, 20),
        (512, 8, 10),
        (512, 4, 5),
    ]
    for ours, theirs in zip(features, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_small_pictures_are_enlarged(weights: Path):
    features = vgg16_features(weights)(torch.rand(1, 3, 6, 12, dtype=torch.float64))
    assert [level.shape[2:] for level in features] == [
        (64, 128),
        (32, 64),
        (16, 32),
        (8, 16),
        (4, 8),
    ]


def test_distance_of_features():
    first = [torch.zeros(2, 3, 4, 4), torch.zeros(2, 5, 2, 2)]
    second = [torch.ones(1, 3, 4, 4), torch.full((1, 5, 2, 2), 2.0)]
    assert feature_distance(first, second).tolist() == [23.0, 23.0]  # 3 + 5 * 4


def test_a_perceptual_loss_falls_and_counts(weights: Path):
    generator = small_generator()
    target = own_picture(generator, seed=77)
    perceptual = vgg16_features(weights)
    settings = quick(steps=15, candidates=5, starts=1)
    found = project(generator, target, settings, perceptual)
    alone = project(generator, target, settings)
    assert min(found.losses) < 0.5 * found.losses[0]
    image = torch.from_numpy(target / 127.5 - 1).permute(2, 0, 1)[None]
    start = found.losses[0] - alone.losses[0]  # both start at the same style
    assert start > 0
    heavier = project(
        generator, target, quick(steps=1, candidates=5, starts=1, perceptual_weight=0.3), perceptual
    )
    assert heavier.losses[0] - alone.losses[0] == pytest.approx(3 * start, rel=1e-4)
    assert feature_distance(perceptual(image), perceptual(image)).item() == 0


def test_any_callable_can_judge():
    generator = small_generator()
    target = own_picture(generator, seed=77)
    seen = []

    def blurred(images: Tensor) -> list[Tensor]:
        seen.append((images.shape, images.abs().max().item()))
        return [F.avg_pool2d(images, 2)]

    found = project(generator, target, quick(starts=3), blurred)
    assert found.psnr >= 30
    assert {shape[0] for shape, _ in seen} == {1, 3}
    assert max(size for _, size in seen) <= 1


def test_where_the_weights_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / "vgg16-397923af.pth"
    assert perceptual_weights_path() == path
    assert perceptual_weights() is None
    path.parent.mkdir(parents=True)
    path.touch()
    assert perceptual_weights() == path


def test_weights_that_are_missing_torn_or_others(tmp_path: Path, weights: Path, state: dict):
    path = tmp_path / "weights.pth"

    def fails(message: str) -> None:
        with pytest.raises(UserError, match=message) as error:
            vgg16_features(path)
        assert str(path) in str(error.value)
        assert "put torchvision's vgg16-397923af.pth there" in str(error.value)
        assert "\n" not in str(error.value)

    fails("does not exist")
    whole = weights.read_bytes()
    for content in (b"", b"<html>not found</html>", whole[: len(whole) // 2]):
        path.write_bytes(content)
        fails("is no")
    torch.save(nn.Linear(2, 2), path)  # code, which is not run
    fails("is no")
    torch.save([1, 2], path)
    fails("no state dict")
    torch.save({"layers.0.weight": torch.zeros(2)}, path)
    fails(r"features\.0\.weight is missing")
    torch.save({**state, "features.5.weight": torch.zeros(2)}, path)
    fails(r"features\.5\.weight is of shape \(2,\)")
    torch.save({**state, "features.34.weight": torch.zeros(2)}, path)  # VGG19 has it
    fails(r"features\.34\.weight is unknown")
