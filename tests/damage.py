"""Files damaged at random: whatever reads them says a sentence, and never raises anything else.

`make test-faults` tries EXAMPLES=1000 of each kind, and prints the counts of docs/reliability.md.
"""

import atexit
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cipslib.utils.errors import UserError
from replication.datasets.decode import Rejected

EXAMPLES = int(os.environ.get("EXAMPLES", "15"))
TRIED: Counter[str] = Counter()
try_many = settings(
    max_examples=EXAMPLES,
    deadline=20_000,  # ms: what takes longer hangs
    derandomize=EXAMPLES < 100,
    database=None,
    suppress_health_check=[*HealthCheck],
)
# Where, how many bytes are taken away there, and what takes their place.
CUTS = st.one_of(st.integers(0, 9), st.integers(0, 2**20))
DAMAGE = st.lists(st.tuples(st.floats(0, 1), CUTS, st.binary(max_size=9)), min_size=1, max_size=4)


def damaged(content: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    for where, cut, put in damage:
        place = int(where * len(content))
        content = content[:place] + put + content[place + cut :]
    return content


def survives(kind: str, read: Callable[[], Any]) -> None:
    """Count what is read and what is refused; anything else that is raised fails the test."""
    try:
        read()
        TRIED[f"{kind}: read"] += 1
    except (UserError, Rejected) as error:
        assert str(error) and "\n" not in str(error)
        TRIED[f"{kind}: refused"] += 1


if EXAMPLES >= 100:
    atexit.register(lambda: print(*(f"{k} {n:,}" for k, n in sorted(TRIED.items())), sep="\n"))
