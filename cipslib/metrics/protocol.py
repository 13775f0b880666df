"""What a number depends on beside the generator. Only numbers of one protocol can be compared."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from cipslib.metrics.uncertainty import Estimate


@dataclass(frozen=True)
class Protocol:
    """How a number is taken; docs/protocol.md says what each entry means."""

    name: str  # what the number is called; never FID unless the features are Inception's
    measure: str  # formula and constants
    extractor: str  # the network and which of its features
    weights_sha256: str | None  # of the file that was read; None: no file
    resize: str
    format: str  # what image files were in between: see formats.py
    real_split: str  # from where, and how drawn
    real_images: int
    generated_images: int
    truncation: str
    flips: str
    lookup: str
    noise: str
    seed: int  # of the draw of real images and of the latents
    real_sha256: str  # of the data set's array

    @property
    def hash(self) -> str:
        """16 hexadecimal digits, the same on every machine."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def differences(self, other: "Protocol") -> list[str]:
        """The entries in which two protocols differ."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != theirs[name]]


@dataclass(frozen=True)
class Number:
    """A measured number, its interval, and how it was taken."""

    estimate: Estimate
    protocol: Protocol

    def to_json(self) -> dict[str, Any]:
        value = self.estimate
        return {
            "value": value.value,
            "interval": [value.low, value.high],
            "protocol": self.protocol.hash,
        }


def difference(first: Number, second: Number, despite: Collection[str] = ()) -> float:
    """``first`` less ``second``.

    Raises ValueError if their protocols differ in an entry that ``despite`` does not name.
    """
    unnamed = [n for n in first.protocol.differences(second.protocol) if n not in despite]
    if unnamed:
        name = unnamed[0]
        one, other = (getattr(number.protocol, name) for number in (first, second))
        raise ValueError(
            f"the numbers' protocols differ in {', '.join(unnamed)} ({name}: {one!r}, {other!r}): "
            "not comparable, unless each is named in `despite`"
        )
    return first.estimate.value - second.estimate.value
