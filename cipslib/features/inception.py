"""Inception V3 of the original FID (Heusel et al. 2017) as torch-fidelity has it, and resizing."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cipslib.utils.shapes import Float, UInt8

SIZE = 299  # pixels a side that the network was trained on


class FidelityInception(nn.Module):
    """The 2,048 features of the last pooling layer, of images of 0..255.

    The weights were converted from TensorFlow; images are resized as TensorFlow 1 did.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.network = tensorflow_inception()
        self.network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.network.fc = nn.Identity()

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 2048"]:
        return self.network((resize_tensorflow(images, SIZE) - 128) / 128)


def tensorflow_inception() -> nn.Module:
    """Build torchvision's network, with clean-fid's blocks where TensorFlow's differs."""
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
    """Resize bilinearly as TensorFlow 1: output i is read at i * input / output, no half pixel.

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
    """Resize as clean-fid: Pillow's bicubic filter, widened when it shrinks, without rounding."""
    from cleanfid.resize import build_resizer

    return build_resizer("clean")(image)
