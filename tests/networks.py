"""Files with the structure of pretrained networks' and random weights in them."""

import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.features.inception import tensorflow_inception
from cipslib.networks.models import AnyGenerator
from replication.released.convert import State, released_filters, released_keys


@contextmanager
def torchscript() -> Iterator[None]:
    """torch deprecates it, but NVIDIA's files are of that kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def random_inception() -> nn.Module:
    """torch-fidelity's structure; its batch norms have statistics, as trained ones do."""
    torch.manual_seed(0)
    network = tensorflow_inception()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -0.2, 0.2)
            nn.init.uniform_(layer.running_var, 0.8, 1.2)
            nn.init.uniform_(layer.bias, -0.2, 0.2)
    return network.eval()


def fidelity_file(path: Path) -> None:
    torch.save(random_inception().state_dict(), path)


class ScriptableInception(nn.Module):
    """What clean-fid uses of NVIDIA's file: ``layers``."""

    def __init__(self) -> None:
        super().__init__()
        skipped = ("AuxLogits", "dropout", "fc")
        layers = [m for name, m in random_inception().named_children() if name not in skipped]
        with torchscript():
            self.layers = torch.jit.trace(nn.Sequential(*layers), torch.rand(1, 3, 299, 299))

    def forward(self, img: Tensor) -> Tensor:
        return self.layers(img)


def scripted_inception_file(path: Path) -> None:
    with torchscript():
        torch.jit.save(torch.jit.script(ScriptableInception().eval()), str(path))


class ScriptableVGG(nn.Module):
    """The interface of NVIDIA's file, with one small convolution behind it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 16, 7, stride=4)
        self.fc2 = nn.Linear(16 * 16, 4096)

    def forward(
        self, img: Tensor, resize_images: bool = True, return_features: bool = False
    ) -> Tensor:
        x = img / 255
        if resize_images:
            x = F.interpolate(x, [224, 224], mode="bilinear", align_corners=False)
        x = F.adaptive_avg_pool2d(F.relu(self.convolution(x)), 4).flatten(1)
        features = F.relu(self.fc2(x))
        if return_features:
            return features
        return features[:, :1000]


def scripted_vgg_file(path: Path) -> None:
    with torchscript():
        torch.jit.save(torch.jit.script(ScriptableVGG().eval()), str(path))


def facenet_file(path: Path) -> None:
    from facenet_pytorch import InceptionResnetV1

    torch.manual_seed(0)
    torch.save(InceptionResnetV1(classify=True, num_classes=8631).state_dict(), path)


MAKERS = {  # by the names of cipslib.features.weights.TABLE
    "inception": scripted_inception_file,
    "inception-fidelity": fidelity_file,
    "vgg16": scripted_vgg_file,
    "facenet": facenet_file,
}


def to_release(network: AnyGenerator) -> State:
    """The network's tensors as the released code names and shapes them."""
    keys = released_keys(network)
    theirs = {keys[name]: released(name, value) for name, value in network.state_dict().items()}
    return theirs | released_filters(network)


def released(name: str, value: Tensor) -> Tensor:
    """A tensor in the shape of the released code, whose linear layers are 1 x 1 convolutions."""
    if name == "embedding.table":
        side = math.isqrt(len(value))
        return value.T.reshape(1, -1, side, side).contiguous()
    image = (*value.shape, *(1, 1)[: 4 - value.dim()])
    if name == "fourier.weight" or re.fullmatch(r"blocks\.\d+\.skip\.weight", name):
        return value.reshape(image)
    if name.endswith(("modulated.weight", "to_rgb.weight")):
        return value.reshape(1, *image)
    if re.fullmatch(r"(blocks\.\d+\.)?to_rgb(\.\d+)?\.bias", name):
        return value.reshape(1, 3, 1, 1)
    if name.endswith("noise_strength"):
        return value.reshape(1)
    axes = {"constant": 4, "stored": 4}.get(name.rpartition(".")[2], value.dim())
    return value.reshape((1,) * (axes - value.dim()) + value.shape)
