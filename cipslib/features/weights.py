"""The one table of pretrained networks' files, which are fetched or put in place by hand."""

from cipslib.utils.downloads import RemoteFile

NVIDIA = "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics"
GITHUB = "https://github.com"
# The hashes are those that several public projects state independently of each other; for the
# second and the third the address holds the hash's beginning, too. They were not computed by us.
TABLE = {
    # The Inception of the original FID, as TorchScript; clean-fid's.
    "inception": RemoteFile(
        name="inception-2015-12-05.pt",
        url=f"{NVIDIA}/inception-2015-12-05.pt",
        sha256="f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4",
        command="cips weights inception",
    ),
    # The same network, as torch-fidelity converted it from TensorFlow.
    "inception-fidelity": RemoteFile(
        name="weights-inception-2015-12-05-6726825d.pth",
        url=f"{GITHUB}/toshas/torch-fidelity/releases/download/v0.2.0/"
        "weights-inception-2015-12-05-6726825d.pth",
        sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        command="cips weights inception-fidelity",
    ),
    # The VGG16 of Simonyan & Zisserman (2015), as TorchScript.
    "vgg16": RemoteFile(
        name="vgg16.pt",
        url=f"{NVIDIA}/vgg16.pt",
        sha256="b437eb095feaeb0b83eb3fa11200ebca4548ee39a07fb944a417ddc516cc07c3",
        command="cips weights vgg16",
    ),
    # facenet-pytorch's Inception-ResNet, trained on VGGFace2.
    "facenet": RemoteFile(
        name="20180402-114759-vggface2.pt",
        url=f"{GITHUB}/timesler/facenet-pytorch/releases/download/v2.2.9/"
        "20180402-114759-vggface2.pt",
        sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
        command="cips weights facenet",
    ),
}
