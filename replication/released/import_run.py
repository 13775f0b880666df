"""`cips import-run`: the authors' own run, from their file, in the place of a training."""

from pathlib import Path

from cipslib.networks.files import save_generator
from cipslib.utils.environment import choose_device, describe_environment
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_folder, write_json
from cipslib.utils.hashing import sha256_of_file
from replication.profile.profile import Profile
from replication.profile.run import RunConfig
from replication.released.convert import convert, read_release


def import_run(profile: Profile, name: str) -> Path:
    """Publish run ``name`` as a training would, without log and grids; return the generator's file.

    Raises UserError if the run is not among those imported, or its file is missing, damaged, or of
    another model or size than params.yaml says.
    """
    run = profile.run(name)
    file = imported_file(profile, run)
    try:
        generator = convert(read_release(file), run.generator, file)
    except UserError as error:
        raise UserError(f"{error}: is it the network of {profile.params_file}?") from error
    summary = {
        "run": name,
        "imported": {"file": file.name, "sha256": sha256_of_file(file)},
        "parameters": {"generator": sum(p.numel() for p in generator.parameters())},
        "environment": describe_environment(profile.paths.root, choose_device("cpu")),
    }
    with atomic_folder(profile.paths.training(name)) as target:
        write_json(target / profile.paths.summary(name).name, summary)
        save_generator(target / profile.paths.generator(name).name, generator)
    return profile.paths.generator(name)


def imported_file(profile: Profile, run: RunConfig) -> Path:
    """Return the authors' file of a run. Raises UserError if it is not there, or there is none."""
    if run.imported is None:
        raise UserError(f"run {run.name} is not imported: {profile.params_file} trains it")
    file = profile.paths.root / run.imported
    if not file.is_file():
        raise UserError(
            f"run {run.name}: there is no {file}: the README of the authors' code (advimman/CIPS) "
            f"links it; put it there, or change imported.{run.name}.file"
        )
    return file
