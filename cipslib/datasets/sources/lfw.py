"""Labeled Faces in the Wild, fetched by scikit-learn: real faces, without a login."""

import shutil
from pathlib import Path

from cipslib.errors import UserError

SOME = 500  # pictures of one person; scikit-learn then loads few, as it must load some


def fetch_lfw(folder: Path) -> Path:
    """The folder of the funneled pictures, below ``folder``; downloads them if they are not there.

    scikit-learn checks the download's SHA-256. Raises UserError if it fails.
    """
    from sklearn.datasets import fetch_lfw_people  # type: ignore[import-untyped]

    pictures = folder / "lfw_home" / "lfw_funneled"
    archive = folder / "lfw_home" / "lfw-funneled.tgz"
    if pictures.is_dir() and not archive.exists():
        return pictures
    shutil.rmtree(pictures, ignore_errors=True)  # the archive goes last: unpacking was cut short
    folder.mkdir(parents=True, exist_ok=True)
    try:
        fetch_lfw_people(data_home=folder, min_faces_per_person=SOME, resize=0.1)
    except (OSError, ValueError, EOFError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"cannot fetch LFW into {folder} ({reason}): try again, or give a folder or an archive "
            "of its pictures with --source"
        ) from error
    return pictures
