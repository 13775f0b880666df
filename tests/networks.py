"""Files with the structure of pretrained networks' and random weights in them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.features.inception import tensorflow_inception


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
