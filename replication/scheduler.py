"""`cips repro`: the pipeline, several stages at a time, each by DVC itself.

The graph is DVC's. dask.distributed starts each stage that is ready as `dvc repro --single-item`,
on this machine or on a cluster whose scheduler the user started.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import dask
import psutil  # type: ignore[import-untyped]
from dask.system import cpu_count
from distributed import Client, LocalCluster, as_completed, get_worker
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker
from distributed.system import memory_limit
from tqdm import tqdm

from cipslib.utils.errors import UserError
from cipslib.utils.locks import sole_user

if TYPE_CHECKING:  # each worker imports this module: it stays light
    from replication.profile.profile import Profile
    from replication.report.pipeline import Stage

# Without its profiler dask takes a third of the time: 5 % of a core for two workers that wait.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "60s",
    "distributed.admin.system-monitor.interval": "10s",
}
MEMORY = 2**31  # bytes that a stage is taken to need
TIMEOUT = 10  # seconds in which a scheduler answers
TAIL = 15  # lines that a failed stage's message shows of its log
BLOCKED = "it is being blocked by"  # what DVC says of a path that another stage writes
POLL = 0.2  # seconds after which workers that have joined or left are counted again
BUSY = 60  # seconds in which the other one has ended
STAGE = 10.0  # seconds that a stage takes, if it was not yet run
PER_IMAGE = 0.01  # seconds that an image of a training takes
# DVC ends with its parent, and its group with it, so that a killed worker leaves nothing behind:
# what DVC itself starts is a shell, which would wait for its command.
DVC = """
import sys
from cipslib.utils.processes import stop_with_parent
stop_with_parent()
from dvc.cli import main
sys.exit(main(sys.argv[1:]))
"""


class StageFailedError(UserError):
    """DVC ended a stage with an error."""


@dataclass(frozen=True)
class Work:
    """A pipeline as it is scheduled."""

    root: Path  # of the repository
    file: str  # dvc.yaml, as seen from the root
    before: Mapping[str, Sequence[str]]  # stage -> those that it depends on directly
    seconds: Mapping[str, float]  # stage -> about how long it takes
    logs: Path  # a folder
    first: tuple[str, ...] = ()  # stages that write what tells whether others have changed
    peak: int = MEMORY  # bytes of main memory that each job is given
    gpus: int = 0  # of this machine; each job gets one. 0: jobs run on CPUs


def work_of(profile: "Profile") -> Work:
    """Return a profile's pipeline; the times are those that its stages took before."""
    import torch

    from replication.report.pipeline import read_pipeline

    pipeline = read_pipeline(profile)
    gpus = 0 if profile.hardware.device == "cpu" else torch.cuda.device_count()
    return Work(
        root=profile.paths.root,
        file=os.path.relpath(profile.pipeline_file, profile.paths.root),
        before={name: stage.before for name, stage in pipeline.items()},
        seconds={name: _seconds(profile, stage) for name, stage in pipeline.items()},
        logs=profile.paths.logs,
        first=("configure",),
        gpus=gpus // profile.hardware.processes,
    )


def _seconds(profile: "Profile", stage: "Stage") -> float:
    from replication.report.costs import last_cost

    if cost := last_cost(profile, stage.command, stage.of):
        return STAGE / 3 + cost.seconds
    run = profile.runs[stage.of] if stage.of and stage.command == "train" else None
    return STAGE + (PER_IMAGE * run.training.total_images * len(run.seeds) if run else 0)


def run_pipeline(work: Work, jobs: int, address: str | None = None) -> list[str]:
    """Run the stages that have changed, ``jobs`` at a time; return the names of those that ran.

    ``address``: of a dask scheduler whose workers share this folder; ``jobs`` is then theirs.
    Raises UserError if another one is at work, the scheduler does not answer, or stages failed:
    what does not depend on these was run.
    """
    work.logs.mkdir(parents=True, exist_ok=True)
    refusal = "another cips repro is at work on this profile; wait or end it"
    with sole_user(work.logs / "repro.lock", refusal):
        ran = [name for name in work.first if bring_up_to_date(work, name)]
        stale = _without_what_is_up_to_date(work)
        if not stale.before:
            return ran
        with _client(jobs, address) as client:
            return ran + _run_all(stale, client)


def _without_what_is_up_to_date(work: Work) -> Work:
    """Return the stages of which DVC says that they have changed, and all that depend on them."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "status", "--json", work.file]
    for _ in range(BUSY):
        result = subprocess.run(command, cwd=work.root, capture_output=True, text=True)
        if BLOCKED not in result.stderr:
            break
        time.sleep(1)  # until the process of a killed worker has ended, too
    if result.returncode != 0:
        raise UserError(f"dvc status {work.file} failed:\n{result.stderr}")
    stale = {name.rpartition(":")[2] for name in json.loads(result.stdout)}
    for name in TopologicalSorter(work.before).static_order():
        if not stale.isdisjoint(work.before[name]):
            stale.add(name)
    before = {
        name: [each for each in depends_on if each in stale]
        for name, depends_on in work.before.items()
        if name in stale
    }
    return replace(work, before=before)


@contextmanager
def _client(jobs: int, address: str | None) -> Iterator[Client]:
    """Connect to workers of one thread each; those of this machine end with the block."""
    if address is not None:
        try:
            client = Client(address, timeout=TIMEOUT)
        except (OSError, ValueError) as error:
            raise UserError(f"no dask scheduler answers at {address}: {error}") from error
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # the line below says it
        try:
            with client:
                yield client
        except (FutureCancelledError, OSError) as error:  # of the connection
            raise UserError(f"{address} was lost: the same command goes on") from error
        return
    one_each = {"n_workers": jobs, "threads_per_worker": 1, "memory_limit": 0}
    with dask.config.set(QUIET):
        try:
            cluster = LocalCluster(**one_each, dashboard_address=":0", silence_logs="CRITICAL")
        except (RuntimeError, TimeoutError) as error:
            raise UserError(f"no worker could be started: {error.__cause__ or error}") from error
        with cluster, Client(cluster) as client:
            yield client


def _run_all(work: Work, client: Client) -> list[str]:
    """Start a stage when it is ready and a worker is free: nothing waits behind a long training."""
    priority = _longest_path(work)
    order = TopologicalSorter(work.before)
    order.prepare()
    ready = list(order.get_ready())
    running: set[str] = set()
    done: set[str] = set()
    ran: list[str] = []
    failed: dict[str, str] = {}
    form = "{percentage:3.0f} % |{bar:20}| {elapsed}, {desc}"
    total = sum(work.seconds[name] for name in work.before)
    ended = as_completed()
    if not client.nthreads():
        print("cips: the scheduler has no worker yet: waiting for one", file=sys.stderr)
    with tqdm(total=total, desc="starting", bar_format=form, disable=None) as bar:
        while ready or running:
            ready.sort(key=priority.__getitem__)
            workers = max(1, sum(client.nthreads().values()))
            while ready and len(running) < workers:
                name = ready.pop()
                running.add(name)
                ended.add(client.submit(run_stage, work, name, key=name, pure=False))
            left = max(0.0, total - bar.n) / 60 / workers
            status = f"{len(done)} of {len(priority)} stages, about {left:.0f} min left; running: "
            bar.set_description_str(status + ", ".join(running))
            if not ended.has_ready():
                time.sleep(POLL)
                continue
            future = next(ended)
            name = future.key
            running.remove(name)
            error = future.exception()
            if error is None:
                ran += [name] if future.result() else []
                done.add(name)
                order.done(name)
                ready += order.get_ready()
                bar.update(work.seconds[name])
            elif isinstance(error, (StageFailedError, KilledWorker, OSError)):
                failed[name] = str(error)
            else:
                raise error
            if bar.disable:  # no terminal
                print(f"{name}: {'failed' if error else 'done'}", file=sys.stderr)
    if failed:
        not_done = ", ".join(name for name in work.before if name not in done)
        raise UserError("\n".join([*failed.values(), f"not up to date: {not_done}"]))
    return ran


def run_stage(work: Work, name: str) -> bool:
    """Bring a stage up to date on a worker of dask's."""
    return bring_up_to_date(work, name, get_worker().name)


def bring_up_to_date(work: Work, name: str, worker: int | str = "none") -> bool:
    """Bring a stage up to date in a process of DVC's; return whether it had to be run.

    What it prints goes to a log of its own. The process ends with this one's. Raises
    StageFailedError.
    """
    # Dask lets glibc give freed memory back at once: a training has two thirds of its speed.
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_TRIM_THRESHOLD_"}
    if work.gpus and isinstance(worker, int):
        environment["CUDA_VISIBLE_DEVICES"] = str(worker % work.gpus)
    target = f"{work.file}:{name}"
    command = [sys.executable, "-c", DVC, "--wait-for-lock", "repro", "--single-item", target]
    log = work.logs / f"{name}.log"
    for _ in range(BUSY):
        with log.open("w") as file:
            result = subprocess.run(
                command,
                cwd=work.root,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        said = log.read_text(errors="replace")
        if result.returncode == 0:
            return "Running stage" in said
        if BLOCKED not in said:
            break
        time.sleep(1)
    tail = "\n".join(said.splitlines()[-TAIL:])
    raise StageFailedError(f"stage {name} failed on worker {worker}; {log} ends so:\n{tail}")


def _longest_path(work: Work) -> dict[str, float]:
    """Return for each stage the seconds of the longest way from its start to the end of all."""
    longest = dict.fromkeys(work.before, 0.0)
    for name in reversed([*TopologicalSorter(work.before).static_order()]):
        longest[name] += work.seconds[name]
        for each in work.before[name]:
            longest[each] = max(longest[each], longest[name])
    return longest


def jobs_that_fit(work: Work, asked: int | None) -> int:
    """Return how many stages run at a time: one a GPU or core, no more than memory holds.

    Prints why, if these are fewer than ``asked``.
    """
    wanted = asked or work.gpus or cpu_count()  # a container's share of both
    fit = max(1, min(psutil.virtual_memory().available, memory_limit()) // work.peak)
    if fit < wanted:
        print(f"cips: {fit} jobs, not {wanted}: memory holds no more", file=sys.stderr)
    return min(wanted, fit)
