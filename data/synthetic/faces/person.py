"""The parameters of a portrait, all drawn once per image.

Lengths are in head units: half an image when the pose's scale is 1. Colours are linear light
(3, 1, 1).
"""

from types import SimpleNamespace as Person

import numpy as np

from synthetic.drawing.canvas import colour
from synthetic.drawing.maths import clamp, mix
from synthetic.drawing.sampling import chance, choose, normal, pick, uniform

_SKINS = (  # from very fair to very dark
    colour(250, 216, 198), colour(238, 190, 160), colour(222, 166, 128),
    colour(192, 132, 94), colour(146, 94, 64), colour(92, 58, 42),
)  # fmt: skip
_HAIR = {
    "black": colour(30, 26, 26), "brown": colour(74, 52, 36), "light brown": colour(132, 96, 64),
    "red": colour(158, 78, 40), "blond": colour(196, 164, 116),
}  # fmt: skip
_IRIS = {
    "dark": colour(58, 36, 24), "brown": colour(98, 60, 34), "green": colour(102, 116, 76),
    "blue": colour(92, 130, 168),
}  # fmt: skip
_LIPSTICKS = (colour(176, 36, 48), colour(150, 40, 70), colour(206, 96, 96))
_MEN = {"short": 0.45, "buzz": 0.14, "receding": 0.12, "bald": 0.08, "curly": 0.14, "long": 0.07}
_WOMEN = {"long": 0.36, "fringe": 0.16, "bob": 0.18, "curly": 0.14, "tied": 0.16}
_BEARDS = {"none": 0.44, "stubble": 0.22, "moustache": 0.06, "goatee": 0.1, "full": 0.18}


def sample_person(rng: np.random.Generator) -> Person:
    """Draw a person; `old`, `child`, `melanin` and `fair` are in [0, 1]."""
    ages = {"child": (6, 14), "young": (17, 36), "middle": (36, 58), "old": (58, 85)}
    age = uniform(rng, *ages[choose(rng, {"child": 1, "young": 4.5, "middle": 3, "old": 1.5})])
    shade = rng.random()
    melanin = 0.02 + 0.95 * shade * (0.6 + 0.4 * shade)
    place = melanin * (len(_SKINS) - 1)
    first = min(int(place), len(_SKINS) - 2)
    fair = max(0.0, 1.0 - 2.0 * melanin)
    shades = {
        "black": 0.3 + 1.6 * melanin, "brown": 1.1, "light brown": 0.8 * fair + 0.05,
        "red": 0.4 * fair, "blond": 0.9 * fair + 0.04,
    }  # fmt: skip
    grey = clamp((age - uniform(rng, 38.0, 68.0)) / 18.0, 0.0, 1.0)
    white = mix(colour(140, 138, 136), colour(220, 218, 214), rng.random())
    hair_rgb = mix(_HAIR[choose(rng, shades)] * uniform(rng, 0.8, 1.25), white, grey)
    person = Person(
        man=chance(rng, 0.5) and age > 15,
        age=age,
        old=clamp((age - 32.0) / 48.0, 0.0, 1.0),
        child=clamp((15.0 - age) / 8.0, 0.0, 1.0),
        melanin=melanin,
        fair=fair,
        skin=pick(rng, (mix(_SKINS[first], _SKINS[first + 1], place - first),), 0.07),
        hair_rgb=hair_rgb,
        brow_rgb=mix(hair_rgb, _HAIR["brown"], 0.5 - 0.3 * grey) * 0.7,
    )
    _add_face(rng, person)
    person.hair = _sample_hair(rng, person)
    return person


def _add_face(rng: np.random.Generator, person: Person) -> None:
    """Draw the shape of the head, the features and the expression."""
    man = float(person.man)
    smile = uniform(rng, 0.45, 1.0) if chance(rng, 0.55) else uniform(rng, -0.2, 0.35)
    parted = chance(rng, 0.65 if smile > 0.45 else 0.12)
    irises = {"dark": 0.3 + person.melanin, "brown": 0.5, "green": 0.3 * person.fair}
    lips = person.skin * np.array([0.88, 0.54, 0.54]).reshape(3, 1, 1)
    if person.age > 17 and not person.man and chance(rng, 0.45):
        lips = mix(lips, pick(rng, _LIPSTICKS), uniform(rng, 0.4, 0.9))
    vars(person).update(
        width=normal(rng, 0.482 + 0.012 * man + 0.01 * person.child, 0.016),
        top=normal(rng, 0.665, 0.015),
        chin=normal(rng, 0.685 + 0.015 * man - 0.055 * person.child, 0.02),
        taper=normal(rng, 0.33 - 0.07 * man, 0.045),
        nose=normal(rng, 1.0 + 0.1 * man + 0.1 * person.old - 0.35 * person.child, 0.15),
        nose_width=normal(rng, 0.058 + 0.006 * man + 0.012 * person.melanin, 0.006),
        nose_y=normal(rng, -0.245, 0.014) + 0.03 * person.child,
        cheek=normal(rng, 1.0, 0.4),
        eye_open=normal(rng, 0.45, 0.04) * (1.0 - 0.16 * max(0.0, smile) - 0.14 * person.old),
        slant=normal(rng, 0.05 - 0.06 * person.old, 0.06),
        gaze=normal(rng, 0.0, 0.008),
        iris=_IRIS[choose(rng, irises | {"blue": person.fair})] * uniform(rng, 0.8, 1.2),
        brow_y=normal(rng, 0.118 - 0.012 * man, 0.012),
        brow_thick=normal(rng, 0.021 + 0.007 * man, 0.004),
        arch=normal(rng, 0.026 - 0.014 * man, 0.009),
        mouth_width=normal(rng, 0.148, 0.01) * (1.0 + 0.2 * max(0.0, smile)),
        mouth_open=uniform(rng, 0.025, 0.062) * (0.4 + 0.6 * smile) if parted else 0.0,
        smile=smile,
        lips=normal(rng, 0.85 + 0.45 * person.melanin - 0.2 * person.old, 0.14),
        lip_rgb=lips,
        blush=uniform(rng, 0.2, 0.8) * (1.1 - 0.8 * person.melanin),
        shine=uniform(rng, 0.05, 0.16) + 0.04 * person.melanin,
        beard=choose(rng, _BEARDS) if person.man and person.age > 19 else "none",
        stubble=uniform(rng, 0.25, 0.55),
        glasses=uniform(rng, 0.1, 1.0) if chance(rng, 0.1 + 0.25 * person.old) else 0.0,
        noise=uniform(rng, 0.0, 200.0),
    )


def _sample_hair(rng: np.random.Generator, person: Person) -> Person:
    """Draw a hair style: thickness over the skull, hairline, lower end, waves and density."""
    weights = dict(_MEN if person.man else _WOMEN)
    loss = clamp((person.age - 28.0) / 30.0, 0.0, 1.0)
    weights |= {"bald": 0.16 * loss, "receding": 0.3 * loss} if person.man else {}
    weights["curly"] *= 0.6 + 1.6 * person.melanin
    style = choose(rng, weights)
    volume = rng.random()
    line = normal(rng, 0.45 if person.man else 0.43, 0.03)
    lines = {"fringe": uniform(rng, 0.15, 0.26), "receding": line + 0.06}
    curly = style == "curly"
    mane = (0.06 + 0.06 * volume, 0.07 + 0.05 * volume, uniform(rng, -1.5, -0.75))
    side, crown, end = {
        "short": (0.025 + 0.03 * volume, 0.05 + 0.1 * volume, 1.0),
        "curly": (0.05 + 0.2 * volume, 0.1 + 0.18 * volume, 1.0),
        "bob": (0.09 + 0.05 * volume, 0.09, uniform(rng, -0.66, -0.42)),
        "long": mane,
        "fringe": mane,
    }.get(style, (0.015, 0.03 if style != "buzz" else 0.005, 1.0))
    return Person(
        style=style,
        side=side,
        crown=crown,
        line=lines.get(style, line),
        burn=uniform(rng, -0.12, 0.02) - 0.1 * curly,
        tilt=normal(rng, 0.0, 0.12),
        end=end,
        falls=end < 0.0,  # beside the face and over the ears
        puff=0.09 if curly else uniform(rng, 0.01, 0.04),
        curl=1.0 if curly else uniform(rng, 0.0, 0.35),
        part=normal(rng, 0.0, 0.12),
        gloss=uniform(rng, 0.4, 1.0),
        density={"buzz": uniform(rng, 0.55, 0.85), "bald": 0.0}.get(style, 1.0),
        noise=uniform(rng, 0.0, 200.0),
    )
