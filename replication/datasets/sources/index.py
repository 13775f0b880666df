"""Which files of a folder or an archive are images, which are ignored, which must not be read."""

import re
from typing import Any

from replication.datasets.decode import Rejected
from replication.datasets.sources.base import FileNames, byte_order, is_image_name, is_system_file

OUTWARD = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[a-zA-Z]:[/\\]")  # nothing is ever extracted


class FileIndex:
    """Collects files as they come, and sorts them by name."""

    def __init__(self) -> None:
        self.ignored = FileNames()
        self._entries: list[tuple[str, Any]] = []
        self._seen: set[str] = set()

    def add(self, name: str, locator: Any, problem: str = "") -> None:
        """Take a file in; ``problem`` says why it must not be read."""
        if OUTWARD.search(name):
            problem = "leads out of the archive: refused"
        elif is_system_file(name) or not is_image_name(name):
            self.ignored.add(name)
            return
        elif name in self._seen:
            problem = "is in the archive twice: only the first is taken"
        self._seen.add(name)
        self._entries.append((name, Rejected(problem) if problem else locator))

    def entries(self) -> list[tuple[str, Any]]:
        """Return the names of images with their locators, or with Rejected, in order."""
        return sorted(self._entries, key=lambda entry: byte_order(entry[0]))
