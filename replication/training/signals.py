"""What makes a trainer stop after the step at hand."""

import signal
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
