"""What zips and tars share: which of their members are read, ignored or refused."""

import re
from collections.abc import Callable
from typing import Any

from replication.datasets.sources.base import (
    Names,
    Refused,
    in_order,
    is_clutter,
    named_like_a_picture,
    starts_like_a_picture,
)

OUTWARD = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[a-zA-Z]:[/\\]")  # nothing is ever extracted


class Members:
    """Sorts an archive's members, as they come, into pictures and files that are none."""

    def __init__(self) -> None:
        self.ignored = Names()
        self._places: list[tuple[str, Any]] = []
        self._seen: set[str] = set()

    def add(self, name: str, place: Any, start: Callable[[], bytes], problem: str = "") -> None:
        """``start`` reads a member's first bytes; ``problem``: why it must not be read."""
        if OUTWARD.search(name):
            problem = "leads out of the archive: refused"
        elif is_clutter(name) or not (problem or self._is_picture(name, start)):
            self.ignored.add(name)
            return
        elif name in self._seen:
            problem = "is in the archive twice: only the first is taken"
        self._seen.add(name)
        self._places.append((name, Refused(problem) if problem else place))

    def places(self) -> list[tuple[str, Any]]:
        return in_order(self._places)

    @staticmethod
    def _is_picture(name: str, start: Callable[[], bytes]) -> bool:
        return named_like_a_picture(name) or starts_like_a_picture(start())
