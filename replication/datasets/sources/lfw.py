"""Labeled Faces in the Wild: real faces, fetched without a login."""

from pathlib import Path

from cipslib.utils.downloads import PATIENCE, Patience, Remote, fetch


def fetch_lfw(folder: Path, patience: Patience = PATIENCE) -> Path:
    """The archive of the funneled pictures in ``folder``; downloads it if it is not there.

    Raises UserError if that fails, or brings another file than scikit-learn knows.
    """
    return fetch(funneled(), folder, lambda _: None, patience)


def funneled() -> Remote:
    """As scikit-learn's own table has it, with its SHA-256; the size (233 MB) is not in there."""
    from sklearn.datasets import _lfw  # type: ignore[import-untyped]

    known = _lfw.FUNNELED_ARCHIVE
    return Remote(known.filename, known.url, None, known.checksum, "cips prepare")
