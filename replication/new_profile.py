"""`cips new-profile`: a profile for images of one's own, as profiles/own-images.yaml has it."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from cipslib.features.moments import FEWEST
from cipslib.utils.dataclass_from_dict import check_name
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.datasets.sources import open_source
from replication.estimate import estimate_text
from replication.paths import find_root
from replication.profile.profile import load_profile, profile_file

HELD_OUT = 256  # images, or a tenth of few
MEASURED = 2000  # images, as the demo has; or as many as there are for two sets


def new_profile(name: str, images: Path, resolution: int) -> str:
    """Write profiles/NAME; return what it is of, and what it costs here.

    Raises UserError for a name that is taken or is none, and for too few images.
    """
    root = find_root()
    try:
        check_name(name, "a profile")
    except ValueError as error:
        raise UserError(str(error)) from error
    file = profile_file(name, root)
    if name == "demo" or file.parent.exists():
        raise UserError(f"the profile {name} exists: choose another name")
    with TemporaryDirectory() as work:
        count = len(open_source(images, Path(work)).names)
    held_out = min(HELD_OUT, count // 10)
    measured = min(MEASURED, (count - held_out) // 2)
    if measured < FEWEST:
        needed = f"two sets of {FEWEST} to measure with, and a tenth is held out"
        raise UserError(f"{images} holds {count} images, too few: {needed}")
    runs = read_yaml(root / "params.yaml")["runs"]
    text = (
        (root / "profiles" / "own-images.yaml")
        .read_text()
        .format(
            name=name,
            source=json.dumps(str(images.resolve())),  # whatever its letters are
            resolution=resolution,
            held_out=held_out,
            measured=measured,
            left_out="\n".join(f"  {run}: this profile is of {name}" for run in runs),
        )
    )
    file.parent.mkdir()
    file.write_text(text)
    (file.parent / "dvc.yaml").symlink_to("../../dvc.yaml")
    of = f"{file}: {count:,} images, {held_out} of them held out, numbers of {measured}"
    return f"{of}\n\n{estimate_text(load_profile(file))}\n\nmake report PROFILE={name}"
