"""A trainer as a process: it ends with its parent, and when asked to, after the step at hand."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cipslib.utils.environment import is_member

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@contextmanager
def noted_signals() -> Iterator[list[str]]:
    """A list to which the names of signals are added, instead of ending the process.

    A second Ctrl-C ends it at once, as always (of torchrun's processes each gets two).
    """
    noted: list[str] = []

    def note(number: int, _: FrameType | None) -> None:
        if noted and number == signal.SIGINT and not is_member():
            raise KeyboardInterrupt
        noted.append(signal.Signals(number).name)

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies, if that is DVC or torchrun.

    A trainer that outlived them would hold the run's lock unseen. One that was started by hand may
    outlive its shell. Only Linux can do this.
    """
    if sys.platform == "linux" and ("DVC_STAGE" in os.environ or is_member()):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
