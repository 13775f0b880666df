"""FaceNet, facenet-pytorch's Inception-ResNet trained on VGGFace2: who a face is (App. E)."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.utils.shapes import Float

SIZE = 160  # pixels a side that the network was trained on
CLASSES = "logits."  # of training, in the file and not in the descriptor


class FaceNet(nn.Module):
    """The 512 features, of unit length, of images of 0..255."""

    def __init__(self, path: Path) -> None:
        from facenet_pytorch import InceptionResnetV1

        super().__init__()
        weights = torch.load(path, map_location="cpu", weights_only=True)
        self.network = InceptionResnetV1(pretrained=None, classify=False)
        self.network.load_state_dict(
            {key: value for key, value in weights.items() if not key.startswith(CLASSES)}
        )

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 512"]:
        if images.shape[2:] != (SIZE, SIZE):
            images = F.interpolate(images, (SIZE, SIZE), mode="bilinear", antialias=True)
        return self.network((images - 127.5) / 128)
