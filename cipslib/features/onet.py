"""O-Net, the last of MTCNN's three networks: what a face looks like, from weights in a package."""

from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.utils.shapes import Float

SIZE = 48  # pixels a side that the network was trained on


class ONetFeatures(nn.Module):
    """The 256 features before the outputs (face or not, box, landmarks), of images of 0..255.

    The weights are in facenet-pytorch's wheel: nothing is downloaded.
    """

    def __init__(self) -> None:
        from facenet_pytorch.models.mtcnn import ONet

        super().__init__()
        self.network = ONet()
        for output in ("dense6_1", "softmax6_1", "dense6_2", "dense6_3"):
            setattr(self.network, output, nn.Identity())

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 256"]:
        images = F.interpolate(images, (SIZE, SIZE), mode="bilinear", antialias=True)
        features: Tensor = self.network((images - 127.5) / 128)[0]
        return features
