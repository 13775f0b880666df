"""The hair styles that people wear, and who wears which."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthetic.old.faces_hairstyles import OFF, Hair, make_hairline
from synthetic.old.faces_person import Person
from synthetic.old.sampling import choose, normal, uniform

_MEN = {
    "short": 0.3, "quiff": 0.14, "crop": 0.14, "buzz": 0.14, "receding": 0.1, "bald": 0.05,
    "ring": 0.05, "curly top": 0.12, "afro": 0.06, "long": 0.05, "bun": 0.03,
}  # fmt: skip
_WOMEN = {
    "long": 0.3, "fringe": 0.14, "bob": 0.16, "wavy": 0.2, "curly": 0.13, "afro": 0.08,
    "tied": 0.12, "bun": 0.1, "pixie": 0.08,
}  # fmt: skip


@dataclass(frozen=True)
class _Draws:
    """What varies within a style.

    high: height of the hairline over the brow; burn: lower end of the sideburns; bangs: lower end
    of a fringe; tilt: how much higher the hair starts at one temple; length: height of the ends of
    long hair (all head units); volume, extra: free numbers in [0, 1].
    """

    high: float
    burn: float
    bangs: float
    tilt: float
    length: float
    volume: float
    extra: float

    def cut(self) -> dict[int, float]:
        """Hairline of short hair: temples, sideburns, free ears, nape (degrees: height)."""
        return {
            0: self.high, 22: self.high + 0.01, 36: self.high - 0.02, 46: 0.3, 52: 0.17,
            57: self.burn + 0.04, 61: self.burn, 72: self.burn, 77: 0.04, 81: 0.1, 98: 0.11,
            105: -0.1, 122: -0.2, 150: -0.4, 180: -0.45,
        }  # fmt: skip

    def falling(self) -> dict[int, float]:
        """Hairline of hair that falls over the ears."""
        return {
            0: self.high + 0.03, 22: self.high, 36: self.high - 0.05, 46: 0.24, 52: 0.1,
            56: -0.2, 60: OFF, 180: OFF,
        }  # fmt: skip

    def tucked(self) -> dict[int, float]:
        """Hairline of long hair tucked behind the ears."""
        return {
            0: self.high + 0.02, 22: self.high, 42: self.high - 0.06, 56: 0.24, 70: 0.12,
            80: 0.04, 88: 0.12, 98: 0.1, 104: -0.1, 108: OFF, 180: OFF,
        }  # fmt: skip

    def fringe(self) -> dict[int, float]:
        """Hairline of long hair with a fringe over the forehead."""
        return {
            0: self.bangs, 30: self.bangs - 0.01, 42: self.bangs - 0.05, 50: 0.0, 54: -0.3,
            58: OFF, 180: OFF,
        }  # fmt: skip


def _draw(rng: np.random.Generator, person: Person) -> _Draws:
    return _Draws(
        high=normal(rng, 0.41 if person.man else 0.39, 0.025),
        burn=uniform(rng, -0.12, 0.02),
        bangs=uniform(rng, 0.15, 0.26),
        tilt=normal(rng, 0.0, 0.05),
        length=uniform(rng, -1.5, -0.75),
        volume=uniform(rng, 0.0, 1.0),
        extra=uniform(rng, 0.0, 1.0),
    )


def _pick_style(rng: np.random.Generator, person: Person) -> str:
    weights = dict(_MEN if person.man else _WOMEN)
    weights["afro"] *= 2.5 if person.melanin > 0.45 else 0.0
    if person.man:
        loss = min(max((person.age - 28.0) / 30.0, 0.0), 1.0)
        for style in ("bald", "ring", "receding"):
            weights[style] *= 2.4 * loss
        weights["buzz"] *= 0.7 + person.melanin
    return choose(rng, weights)


def _traits(**values: Any) -> dict[str, Any]:
    """Fields of a `Hair`, with `line` and `tilt` in place of `hairline`."""
    return values


def _short_styles(d: _Draws) -> dict[str, dict[str, Any]]:
    """What sets each short style apart from the common traits."""
    cut, high, volume = d.cut(), d.high, d.volume
    cropped = {**cut, 0: high - 0.1, 22: high - 0.1, 36: high - 0.11}
    thinned = {**cut, 0: high + 0.04, 22: high + 0.13, 36: high + 0.1, 46: 0.36, 52: 0.2}
    wreath = {**cut, 0: 0.9, 22: 0.9, 36: 0.9, 46: 0.6, 52: 0.24}
    wispy = {**cut, 0: high - 0.12, 22: high - 0.13, 36: high - 0.14, 46: 0.2, 52: 0.06}
    round_ears = {**cut, 77: -0.05, 82: -0.06, 98: -0.1, 105: -0.25}
    return {
        "short": _traits(crown=0.06 + 0.06 * volume, side=0.025 + 0.03 * volume),
        "quiff": _traits(crown=0.12 + 0.06 * volume, front=0.06, side=0.02, sweep=d.extra - 0.5),
        "crop": _traits(
            crown=0.06 + 0.03 * volume, edge=0.012, flow="forward", line=cropped, tilt=0.0,
        ),
        "buzz": _traits(
            crown=0.004, side=0.0, front=0.006, puff=0.0, density=0.6 + 0.3 * d.extra, edge=0.05,
            flow="forward",
        ),
        "receding": _traits(crown=0.03, side=0.02, density=0.9, line=thinned, tilt=0.0),
        "bald": _traits(crown=0.0, side=0.0, density=0.0),
        "ring": _traits(
            crown=0.02, side=0.025 + 0.02 * volume, ceiling=0.28 + 0.14 * d.extra, line=wreath,
            tilt=0.0, edge=0.06,
        ),
        "curly top": _traits(
            crown=0.12 + 0.06 * volume, side=0.035, front=0.06, curl=0.05, puff=0.05, edge=0.015,
            flow="forward",
        ),
        "afro": _traits(
            crown=0.16 + 0.14 * volume, side=0.12 + 0.16 * volume, front=0.09, curl=0.09, puff=0.05,
            flare=-0.6 - 0.35 * volume, gloss=0.2, ears=volume < 0.35, flow="forward",
            line=round_ears, tilt=0.0,
        ),
        "tied": _traits(crown=0.045, side=0.02, sweep=0.0, flow="forward"),
        "bun": _traits(crown=0.05, side=0.022, flow="forward", bun=0.13 + 0.06 * d.extra),
        "pixie": _traits(
            crown=0.1, side=0.05, puff=0.03, edge=0.012, flow="forward", sweep=0.5, line=wispy,
            tilt=1.6 * d.tilt,
        ),
    }  # fmt: skip


def _long_styles(d: _Draws) -> dict[str, dict[str, Any]]:
    """What sets each long style apart from the common traits."""
    volume = d.volume
    mane = _traits(
        ears=False, flow="down", flare=0.04, puff=0.008, end=d.length, line=d.falling(),
        crown=0.08 + 0.04 * volume, side=0.07 + 0.06 * volume,
    )  # fmt: skip
    tucked = _traits(line=d.tucked(), ears=True) if d.extra < 0.3 else {}
    banged = _traits(line=d.fringe(), tilt=0.0) if volume < 0.5 else {}
    return {
        "long": {**mane, **tucked},
        "wavy": {**mane, "puff": 0.025, "flare": 0.16, "wave": 0.02 + 0.03 * volume, **tucked},
        "curly": {
            **mane, "puff": 0.055, "flare": 0.22, "front": 0.06, "side": 0.09 + 0.09 * volume,
            "end": -0.5 - 0.8 * d.extra, "wave": 0.03, "curl": 0.06, "gloss": 0.5,
        },
        "fringe": {**mane, "edge": 0.012, "front": 0.06, "line": d.fringe(), "tilt": 0.0},
        "bob": {
            **mane, "edge": 0.012, "flare": 0.12, "front": 0.05, "end": -0.66 + 0.24 * d.extra,
            **banged,
        },
    }  # fmt: skip


def sample_hair(rng: np.random.Generator, person: Person) -> Hair:
    """A hair style for a person."""
    style = _pick_style(rng, person)
    draws = _draw(rng, person)
    side = 1.0 if draws.tilt > 0.0 else -1.0
    common = _traits(
        style=style, side=0.035, crown=0.07, front=0.02, edge=0.035, flare=-0.35, line=draws.cut(),
        tilt=draws.tilt, end=OFF, ceiling=3.0, flow="swept", part=side * uniform(rng, 0.0, 0.2),
        sweep=side * uniform(rng, 0.25, 1.25), wave=uniform(rng, 0.0, 0.008), curl=0.0, puff=0.012,
        gloss=uniform(rng, 0.5, 1.2), density=1.0, ears=True, bun=0.0,
        seed=uniform(rng, 0.0, 200.0),
    )  # fmt: skip
    traits = {**common, **{**_short_styles(draws), **_long_styles(draws)}[style]}
    return Hair(hairline=make_hairline(traits.pop("line"), traits.pop("tilt")), **traits)
