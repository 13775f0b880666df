"""The one table of pretrained networks' files; fetching them; files put in place by hand.

A file is used only if its size and SHA-256 are the table's and a network can be built of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cipslib.utils import downloads
from cipslib.utils.downloads import PATIENCE, Patience, Remote
from cipslib.utils.errors import UserError


@dataclass(frozen=True)
class Weights:
    """A file of pretrained weights."""

    name: str
    file: str
    url: str
    size: int | None  # bytes; None: not known
    sha256: str | None  # None: not verified, any file that makes a network is taken
    origin: str

    @property
    def remote(self) -> Remote:
        return Remote(self.file, self.url, self.size, self.sha256, f"cips weights {self.name}")


# Sizes and hashes are those that several public projects state independently of each other; for the
# second and the third the address holds the hash's beginning, too. They were not computed by us.
TABLE = {
    weights.name: weights
    for weights in (
        Weights(
            "inception",
            "inception-2015-12-05.pt",
            "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/"
            "inception-2015-12-05.pt",
            95_607_719,
            "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4",
            "the Inception of the original FID, as TorchScript, by NVIDIA; clean-fid's",
        ),
        Weights(
            "inception-fidelity",
            "weights-inception-2015-12-05-6726825d.pth",
            "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
            "weights-inception-2015-12-05-6726825d.pth",
            95_628_359,
            "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
            "the same network, as torch-fidelity converted it from TensorFlow",
        ),
        Weights(
            "vgg16",
            "vgg16.pt",
            "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/vgg16.pt",
            None,
            "b437eb095feaeb0b83eb3fa11200ebca4548ee39a07fb944a417ddc516cc07c3",
            "the VGG16 of Simonyan & Zisserman (2015), as TorchScript, by NVIDIA",
        ),
        Weights(
            "facenet",
            "20180402-114759-vggface2.pt",
            "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"
            "20180402-114759-vggface2.pt",
            111_898_327,
            "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
            "facenet-pytorch's Inception-ResNet, trained on VGGFace2",
        ),
    )
}


Check = Callable[[Path], None]  # builds a network of a file; raises an exception if it cannot


def named(name: str) -> Weights:
    if name not in TABLE:
        raise UserError(f"there are no weights {name!r}; there are: {', '.join(TABLE)}")
    return TABLE[name]


def locate(weights: Weights, folder: Path) -> Path:
    """The file, its size and hash checked. Raises UserError that says what to do."""
    return downloads.locate(weights.remote, folder)


def fetch(weights: Weights, folder: Path, check: Check, patience: Patience = PATIENCE) -> Path:
    """Download, if it is not there. ``check`` builds a network of it, or raises an exception.

    Raises UserError if the network or the server fails, or sends something else.
    """
    return downloads.fetch(weights.remote, folder, partial(_unusable, check), patience)


def _unusable(check: Check, path: Path) -> str | None:
    try:
        check(path)
    except Exception as error:  # torch's readers raise anything on damaged files
        first = str(error).strip().splitlines()[:1] or [type(error).__name__]
        return f"makes no network ({first[0][:120]})"
    return None
