"""What each command of the pipeline cost on this machine: time, peak memory, when, which commit.

The notes lie in results/work/, which is no output of DVC: a stage's output must be the same
whenever its input is, and the seconds that it took are not.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import torch

from cipslib.utils.environment import commit_of, processor_name
from cipslib.utils.files import read_json, write_json
from cipslib.utils.memory import peak_memory
from replication.profile.profile import Profile


@dataclass(frozen=True)
class Cost:
    """The last time that ``cips STAGE OF`` ended well."""

    stage: str  # the command's name
    of: str | None  # the data set, run or notebook that it was given
    seconds: float
    peak_bytes: int  # of main memory: of the largest of its processes
    when: str  # UTC, to the second
    commit: str | None  # with + if tracked files had changed; None outside git
    processor: str
    cores: int | None


@contextmanager
def record_cost(profile: Profile, stage: str, of: str | None) -> Iterator[None]:
    """Write the block's cost, if it ends without an error.

    Of several processes that train a run together, the first one notes it.
    """
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    if os.environ.get("RANK", "0") != "0":  # torchrun's
        return
    cost = Cost(
        stage=stage,
        of=of,
        seconds=round(seconds, 1),
        peak_bytes=largest_process(),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit_of(profile.paths.root),
        processor=processor_name(torch.device("cuda" if torch.cuda.is_initialized() else "cpu")),
        cores=os.cpu_count(),
    )
    write_json(profile.paths.cost(stage, of), asdict(cost))


def largest_process() -> int:
    """Return the peak of resident memory in bytes, of this process or an ended child of it."""
    unit = 1 if sys.platform == "darwin" else 1024
    # A child's count begins with what its parent had then: no harm where the larger is taken.
    children = unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(peak_memory(torch.device("cpu")), children)


def last_cost(profile: Profile, stage: str, of: str | None) -> Cost | None:
    """Return the note, or None where the stage was not run on this machine but taken from a cache.

    Raises UserError if the note is torn.
    """
    path = profile.paths.cost(stage, of)
    return Cost(**read_json(path)) if path.is_file() else None
