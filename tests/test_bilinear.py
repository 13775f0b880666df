"""Our convolutions and their derivatives against PyTorch's, in float64."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks import conv2d_gradfix as bilinear
from cipslib.networks import winograd
from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.training.losses import r1_penalty

CONVOLUTIONS = {  # inputs, outputs, kernel, size of the images, and how it goes over them
    "stride 1": (3, 4, 3, 8, {"padding": 1}),
    "stride 2": (3, 4, 3, 9, {"stride": 2}),
    "stride 2, a row beyond the last window": (3, 4, 3, 8, {"stride": 2}),
    "1x1": (3, 4, 1, 5, {}),
    "depthwise": (3, 3, 4, 8, {"padding": 2, "groups": 3}),
    "depthwise, stride 2": (3, 3, 4, 8, {"padding": 1, "stride": 2, "groups": 3}),
}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}


def problem(name: str, layout: str) -> tuple[tuple[Tensor, Tensor, Tensor], dict[str, int]]:
    inputs, outputs, kernel, size, options = CONVOLUTIONS[name]
    shape = outputs, inputs // options.get("groups", 1), kernel, kernel
    tensors = torch.randn(2, inputs, size, size), torch.randn(shape), torch.randn(outputs)
    x, weight, bias = (t.double() for t in tensors)
    memory = LAYOUTS[layout]
    arguments = x.to(memory_format=memory), weight.to(memory_format=memory), bias
    return tuple(t.requires_grad_() for t in arguments), options  # type: ignore[return-value]


@pytest.fixture(params=["plain", "every way"])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small problems, too, take the ways that are meant for large ones."""
    if request.param == "every way":
        for module in (bilinear, winograd):
            monkeypatch.setattr(module, "LEAST_CHANNELS", 1)
        monkeypatch.setattr(winograd, "LEAST_SIZE", 4)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_output_and_its_gradients(name, layout, ways):
    arguments, options = problem(name, layout)
    ours, plain = bilinear.convolve(*arguments, **options), F.conv2d(*arguments, **options)
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-11)
    towards = torch.randn_like(plain)
    for one, other in zip(
        torch.autograd.grad(ours, arguments, towards),
        torch.autograd.grad(plain, arguments, towards),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_second_derivatives_against_difference_quotients(name, layout, ways):
    arguments, options = problem(name, layout)

    def convolved(*given: Tensor) -> Tensor:
        return bilinear.convolve(*given, **options)

    assert torch.autograd.gradcheck(convolved, arguments)
    assert torch.autograd.gradgradcheck(convolved, arguments, fast_mode=True)


def test_every_way_is_taken(monkeypatch):
    """By the shapes that the paper's discriminator has at 64 px."""
    taken = []
    for module, name in (
        (winograd, "sums"),
        (winograd, "weight_gradient"),
        (bilinear, "_by_products"),
        (bilinear, "_plain_gradient"),
    ):
        way = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, way=way, name=name: taken.append(name) or way(*a)
        )
    many = bilinear.LEAST_CHANNELS
    x = torch.randn(2, many, 17, 17).to(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(many, many, 3, 3).to(memory_format=torch.channels_last).requires_grad_()
    bilinear.convolve(x, weight, stride=2).sum().backward()
    assert taken == ["_plain_gradient", "_by_products"]
    taken.clear()
    bilinear.convolve(x[:, :, :16, :16].contiguous(memory_format=torch.channels_last), weight,
                      padding=1).square().sum().backward()  # fmt: skip
    assert taken == ["sums", "sums", "weight_gradient"]
    taken.clear()
    with torch.autocast("cpu", torch.bfloat16):
        bilinear.convolve(x, weight, padding=1).sum().backward()
    assert not taken  # PyTorch's own, which knows of two precisions


def test_the_result_is_laid_out_as_the_images_are():
    for layout in LAYOUTS.values():
        x = torch.randn(2, 8, 8, 8).to(memory_format=layout).requires_grad_()
        kernel = torch.randn(1, 1, 4, 4).expand(8, -1, -1, -1)  # no layout of its own
        y = bilinear.convolve(x, kernel, padding=2, groups=8)
        y.square().sum().backward()
        assert y.is_contiguous(memory_format=layout)
        assert x.grad is not None and x.grad.is_contiguous(memory_format=layout)


def test_a_discriminator_learns_the_same(ways, monkeypatch):
    """With activations in place, and differentiated twice as for R1."""
    config = DiscriminatorConfig(32, 256, 8, 2, coordinates=False)
    torch.manual_seed(0)
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    found = []
    for layout in LAYOUTS.values():
        torch.manual_seed(1)
        d = Discriminator(config).double().to(memory_format=layout)
        found.append(gradients(d, images.to(memory_format=layout)))
    monkeypatch.setattr("cipslib.networks.convolutions.convolve", F.conv2d)
    torch.manual_seed(1)
    expected = gradients(Discriminator(config).double(), images)
    for ours in found:
        for one, other in zip(ours, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def gradients(d: Discriminator, images: Tensor) -> list[Tensor]:
    real = images.clone().requires_grad_()
    scores = d(real)
    loss = scores.sum() + r1_penalty(scores, real)
    return [scores.detach(), *torch.autograd.grad(loss, list(d.parameters()))]
