"""Labeled Faces in the Wild: real faces, fetched without a login."""

from cipslib.utils.downloads import RemoteFile

# The funneled images; address and SHA-256 as scikit-learn 1.9 has them.
LFW = RemoteFile(
    "lfw-funneled.tgz",
    "https://ndownloader.figshare.com/files/5976015",
    "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
    "cips prepare",
)
