"""VGG16, whose features precision and recall were proposed with (Kynkaanniemi et al. 2019)."""

from pathlib import Path

from torch import Tensor, nn

from cipslib.features.torchscript import load_script
from cipslib.utils.shapes import Float


class ScriptedVGG(nn.Module):
    """NVIDIA's TorchScript port of the original network, as StyleGAN2-ADA's precision uses it.

    The 4,096 features of the second fully connected layer; the file resizes to 224 px and
    normalises. torchvision's VGG16, torch-fidelity's choice, was trained anew: other numbers.
    """

    def __init__(self, path: Path) -> None:
        """Raises what torch raises for a damaged file."""
        super().__init__()
        self.script = load_script(path)

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 4096"]:
        return self.script(images, return_features=True)
