"""Labeled Faces in the Wild: real faces, fetched without a login."""

from pathlib import Path

from cipslib.utils.downloads import RemoteFile, fetch

# The funneled images; address and SHA-256 as scikit-learn 1.9 has them.
FILE = "lfw-funneled.tgz"
URL = "https://ndownloader.figshare.com/files/5976015"
SHA256 = "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a"


def fetch_lfw(folder: Path) -> Path:
    """Return the archive of the funneled images in ``folder``; download it if it is not there.

    Raises UserError if that fails, or brings another file.
    """
    return fetch(RemoteFile(FILE, URL, SHA256, "cips prepare"), folder)
