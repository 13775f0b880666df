"""`cips left-out`: what stands in the place of a run that a profile does without."""

from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_folder, write_json
from replication.profile.profile import Profile


def write_left_out(profile: Profile, name: str) -> str:
    """Write why there is no run ``name``, where its results would be; returns the reason.

    So every notebook finds what it depends on, and says of the run that it was not run, and why.
    Raises UserError if the profile does not leave it out.
    """
    if name not in profile.left_out:
        raise UserError(f"{profile.params_file} does not leave out {name!r}")
    content = {"run": name, "left_out": profile.left_out[name]}
    with atomic_folder(profile.paths.training(name)) as folder:
        write_json(folder / profile.paths.summary(name).name, content)
    write_json(profile.paths.metrics(name), content)
    return profile.left_out[name]
