"""A trainer as a process: what makes it stop after the step at hand."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cipslib.utils.environment import is_member

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def noted_signals() -> Iterator[list[str]]:
    """Yield a list to which the names of signals are added, instead of ending the process.

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


def stop_with_parent() -> None:
    """Send this process SIGTERM when its parent is gone, if that is DVC or torchrun.

    A trainer that outlived them would hold the run's lock unseen. One that was started by hand may
    outlive its shell.
    """
    if "DVC_STAGE" not in os.environ and not is_member():
        return
    parent = os.getppid()

    def watch_parent() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch_parent, daemon=True).start()
