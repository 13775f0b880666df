"""Inception V3 of the original FID (Heusel et al. 2017), in the three ways in which it is used.

Each network takes images of 0..255, as float32 of shape (batch, 3, height, width), and gives the
2,048 features of its last pooling layer.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cipslib.features.torchscript import load_script
from cipslib.utils.shapes import Float, UInt8

SIZE = 299  # pixels a side that the network was trained on


class ScriptedInception(nn.Module):
    """NVIDIA's TorchScript, as clean-fid's modes ``clean`` and ``legacy_tensorflow`` use it."""

    def __init__(self, path: Path, resize_inside: bool) -> None:
        """``resize_inside``: the file's own resizing, TensorFlow's; else images must be of 299 px.

        Raises what torch raises for a damaged file.
        """
        super().__init__()
        self.script = load_script(path)
        self.resize_inside = resize_inside

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 2048"]:
        if self.resize_inside:
            features = self.script(images, return_features=True)
        else:
            features = self.script.layers((images - 128) / 128)
        return features.reshape(len(images), 2048)


class FidelityInception(nn.Module):
    """torch-fidelity's: weights converted from TensorFlow, resizing as TensorFlow 1 did."""

    def __init__(self, path: Path) -> None:
        """Raises what torch raises for a file that does not fit."""
        super().__init__()
        self.network = _tensorflow_blocks()
        self.network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.network.fc = nn.Identity()

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 2048"]:
        return self.network((resize_tensorflow(images, SIZE) - 128) / 128)


def _tensorflow_blocks() -> nn.Module:
    """torchvision's network with the blocks that differ in TensorFlow's; those are clean-fid's."""
    from cleanfid import inception_pytorch as blocks
    from torchvision.models import Inception3

    network = Inception3(num_classes=1008, aux_logits=False, init_weights=False)
    network.Mixed_5b = blocks.FIDInceptionA(192, pool_features=32)
    for name, channels in (("5c", 256), ("5d", 288)):
        setattr(network, f"Mixed_{name}", blocks.FIDInceptionA(channels, pool_features=64))
    for name, width in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
        setattr(network, f"Mixed_{name}", blocks.FIDInceptionC(768, channels_7x7=width))
    network.Mixed_7b = blocks.FIDInceptionE_1(1280)
    network.Mixed_7c = blocks.FIDInceptionE_2(2048)
    return network


def resize_tensorflow(
    images: Float[Tensor, "batch 3 h w"], size: int
) -> Float[Tensor, "batch 3 {size} {size}"]:
    """Bilinear as in TensorFlow 1: output i is read at i * input / output, without a half pixel.

    Nothing is averaged when it shrinks: large images alias.
    """
    rows, columns = (_interpolation(length, size, images) for length in images.shape[2:])
    return rows @ images @ columns.T


def _interpolation(length: int, size: int, like: Tensor) -> Float[Tensor, "{size} {length}"]:
    position = torch.arange(size, dtype=like.dtype) * (length / size)
    low = position.long()
    weight = position - low
    matrix = torch.zeros(size, length, dtype=like.dtype)
    row = torch.arange(size)
    matrix[row, low] = 1 - weight
    matrix[row, (low + 1).clamp(max=length - 1)] += weight
    return matrix.to(like.device)


def resize_clean(image: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "299 299 3"]:
    """clean-fid's: Pillow's bicubic filter, widened when it shrinks, without rounding."""
    from cleanfid.resize import build_resizer

    return build_resizer("clean")(image)
