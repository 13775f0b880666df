"""Styles of churches and what they are built of."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import colour
from synthetic.old.sampling import choose, uniform
from synthetic.old.scene import Palette, pick

_STONE: Palette = (colour(176, 166, 146), colour(150, 142, 130), colour(196, 182, 154),
                   colour(132, 126, 120), colour(166, 146, 122))  # fmt: skip
_PLASTER: Palette = (colour(232, 226, 212), colour(224, 198, 138), colour(226, 178, 136),
                     colour(214, 214, 206), colour(196, 206, 196),
                     colour(220, 164, 140))  # fmt: skip
_WHITE: Palette = (colour(236, 236, 232), colour(228, 226, 220))
_BRICK: Palette = (colour(150, 82, 64), colour(166, 98, 76), colour(126, 74, 62))
_SLATE: Palette = (colour(76, 80, 88), colour(92, 90, 90), colour(64, 66, 72), colour(104, 96, 92))
_TILE: Palette = (colour(160, 88, 62), colour(142, 76, 58), colour(128, 90, 74))
_COPPER: Palette = (colour(112, 160, 140), colour(92, 132, 118))
_DOME: Palette = (colour(206, 160, 62), colour(60, 90, 150), colour(70, 120, 90),
                  colour(90, 96, 104), colour(112, 160, 140))  # fmt: skip


@dataclass(frozen=True)
class Style:
    """What the parts of a church have in common. `pitch` is the rise of the roofs."""

    name: str
    wall: np.ndarray
    trim: np.ndarray
    roof: np.ndarray
    cap: np.ndarray
    texture: str
    arch: str
    pitch: float
    spire: str


_STYLES = {"gothic": 0.24, "romanesque": 0.18, "baroque": 0.2, "orthodox": 0.14, "boards": 0.16,
           "brick": 0.08}  # fmt: skip


def sample_style(rng: np.random.Generator) -> Style:
    """A style with its materials."""
    name = choose(rng, _STYLES)
    walls = {"gothic": _STONE, "romanesque": _STONE + _PLASTER[:1], "baroque": _PLASTER,
             "orthodox": _WHITE + _PLASTER, "boards": _WHITE, "brick": _BRICK}[name]  # fmt: skip
    roofs = {"romanesque": _TILE, "baroque": _TILE + _COPPER, "orthodox": _COPPER + _SLATE}
    roof = pick(rng, roofs.get(name, _SLATE + _TILE[:1]))
    caps = {"orthodox": _DOME, "baroque": _COPPER + _SLATE}.get(name)
    spires = {
        "gothic": {"needle": 0.75, "flat": 0.25},
        "romanesque": {"pyramid": 0.75, "flat": 0.15, "needle": 0.1},
        "baroque": {"onion": 0.7, "dome": 0.3},
        "orthodox": {"onion": 0.8, "dome": 0.2},
        "boards": {"needle": 0.75, "pyramid": 0.25},
        "brick": {"needle": 0.5, "pyramid": 0.35, "flat": 0.15},
    }[name]
    texture = {"gothic": "stone", "romanesque": "stone", "boards": "boards", "brick": "brick"}
    return Style(
        name=name,
        wall=pick(rng, walls),
        trim=pick(rng, _STONE if name in ("gothic", "romanesque", "brick") else _WHITE),
        roof=roof,
        cap=pick(rng, caps) if caps else roof,
        texture=texture.get(name, "plaster"),
        arch="pointed" if name in ("gothic", "brick") else "round",
        pitch=uniform(rng, *{"gothic": (1.1, 1.7), "brick": (1.0, 1.5)}.get(name, (0.6, 1.1))),
        spire=choose(rng, spires),
    )
