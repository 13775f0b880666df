"""`cips train` in one process or, through torchrun, in several of this machine."""

import os
import sys
from pathlib import Path

from cipslib.training.distributed import processes_for
from cipslib.utils.environment import is_member
from cipslib.utils.errors import UserError
from replication.profile.profile import Profile
from replication.training.train import train_run


def launch(profile: Profile, run: str, fresh: bool) -> Path | None:
    """Train in ``hardware.processes`` processes; return what `train_run` does.

    None where torchrun has started several: the first of them prints it. A process that torchrun
    has started, here or on another machine, starts no others. Raises UserError if one of them
    failed, which has said why.
    """
    if profile.run(run).imported is not None:
        raise UserError(f"run {run} is imported, not trained: cips import-run {run}")
    processes = 1 if is_member() else _processes(profile, run)
    if processes == 1:
        return train_run(profile, run, fresh)
    _torchrun(profile, run, fresh, processes)
    return None


def _processes(profile: Profile, name: str) -> int:
    """Return how many of ``hardware.processes`` the batch can be shared out to; warn if not all."""
    config, wanted = profile.run(name), profile.hardware.processes
    batch, group = config.training.batch_size, config.discriminator.stddev_group
    processes = processes_for(batch, group, wanted)
    if processes < wanted:
        shared = f"its batch of {batch} has {batch // group} groups of {group}"
        print(f"{name}: in {processes} of {wanted} processes: {shared}", file=sys.stderr)
    return processes


def _torchrun(profile: Profile, run: str, fresh: bool, processes: int) -> None:
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    # It would give each process one thread, on a machine of any size.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    # By its own name a machine off its network may not be found.
    options = ["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={processes}"]
    command = ["train", run, "--params", str(profile.params_file)]
    command += ["--fresh"] if fresh else []
    try:
        main([*options, "-m", "replication.cli", *command])
    except ChildFailedError as error:
        raise UserError(f"run {run}: one of {processes} processes failed, see above") from error
    except SignalException as error:
        print(f"{run}: ended by {error.sigval.name}", file=sys.stderr)
