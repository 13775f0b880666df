"""NVIDIA's TorchScript files: Inception V3 of the original FID, and VGG16.

Each network takes images of 0..255, as float32 of shape (batch, 3, height, width).
"""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from cipslib.utils.shapes import Float


def load_script(path: Path) -> torch.jit.ScriptModule:
    """Read a file, which runs torch's operations and nothing else.

    torch deprecates this kind of file; NVIDIA's networks have no other. Raises RuntimeError if it
    is damaged.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)
        return torch.jit.load(str(path), map_location="cpu")


class ScriptedInception(nn.Module):
    """The network as clean-fid's mode ``clean`` uses it, of images of 299 px."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.script = load_script(path)

    def forward(self, images: Float[Tensor, "batch 3 299 299"]) -> Float[Tensor, "batch 2048"]:
        return self.script.layers((images - 128) / 128).reshape(len(images), 2048)


class ScriptedVGG(nn.Module):
    """The original VGG16, as StyleGAN2-ADA's precision and recall use it.

    The 4,096 features of the second fully connected layer (Kynkaanniemi et al. 2019); the file
    resizes to 224 px and normalises. torchvision's VGG16, torch-fidelity's choice, was trained
    anew: other numbers.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.script = load_script(path)

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 4096"]:
        return self.script(images, return_features=True)
