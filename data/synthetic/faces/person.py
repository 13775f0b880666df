"""The parameters of a portrait, drawn once: lengths in head units (see Pose), linear colours."""

from types import SimpleNamespace as Person

import numpy as np

from synthetic.drawing.canvas import palette
from synthetic.drawing.maths import clamp, mix
from synthetic.drawing.sampling import chance, choose, normal, pick, uniform

_SKINS = palette("fad8c6 eebea0 dea680 c0845e 925e40 5c3a2a")
_HAIRS = palette("1e1a1a 4a3424 765438 96542c b48c5a ceb07e")
_GREYS = palette("8c8a88 dcdad6")
_IRISES = palette("3a2418 623c22 66744c 5c82a8")
_LIPSTICKS = palette("b02430 962846 ce6060")
_STYLES = {  # side, crown: thickness over the skull, at most; end: how low it falls, at most
    "short": (0.05, 0.15, 1.0), "receding": (0.02, 0.03, 1.0), "buzz": (0.0, 0.005, 1.0),
    "bald": (0.0, 0.0, 1.0), "tied": (0.02, 0.05, 1.0), "curly": (0.24, 0.28, 1.0),
    "bob": (0.14, 0.1, -0.66), "long": (0.12, 0.12, -1.5), "fringe": (0.12, 0.12, -1.5),
}  # fmt: skip


def _between(colours: tuple[np.ndarray, ...], place: float) -> np.ndarray:
    """Return the colour at a place in [0, 1] along a row of colours."""
    scaled = clamp(place, 0.0, 0.999) * (len(colours) - 1)
    first = int(scaled)
    return mix(colours[first], colours[first + 1], scaled - first)


def sample_person(rng: np.random.Generator) -> Person:
    """Draw a person aged from 6 to 85; `old`, `child` and `melanin` are in [0, 1]."""
    age = 6.0 + 79.0 * rng.random() * (0.4 + 0.6 * rng.random())
    shade = rng.random()
    melanin = 0.02 + 0.95 * shade * (0.6 + 0.4 * shade)
    grey = clamp((age - uniform(rng, 38.0, 68.0)) / 18.0, 0.0, 1.0)
    fair = rng.random() * max(0.2, 1.1 - 1.4 * melanin)
    hair_rgb = mix(_between(_HAIRS, fair), _between(_GREYS, rng.random()), grey)
    person = Person(
        man=chance(rng, 0.5) and age > 15.0,
        age=age,
        old=clamp((age - 32.0) / 48.0, 0.0, 1.0),
        child=clamp((15.0 - age) / 8.0, 0.0, 1.0),
        melanin=melanin,
        skin=pick(rng, (_between(_SKINS, melanin),), 0.07),
        hair_rgb=hair_rgb * uniform(rng, 0.8, 1.25),
        brow_rgb=mix(hair_rgb, _HAIRS[1], 0.5 - 0.3 * grey) * 0.7,
        iris=_between(_IRISES, rng.random() * (0.4 + fair)) * uniform(rng, 0.8, 1.2),
    )
    _add_features(rng, person)
    person.hair = _sample_hair(rng, person)
    return person


def _add_features(rng: np.random.Generator, person: Person) -> None:
    """Draw the shape of the head, the features and the expression."""
    man = float(person.man)
    smile = uniform(rng, 0.45, 1.0) if chance(rng, 0.55) else uniform(rng, -0.2, 0.35)
    parted = chance(rng, 0.65 if smile > 0.45 else 0.12)
    stubble = uniform(rng, 0.25, 0.55)
    beard = rng.random()  # of cheeks, chin and lip: full, a goatee, a moustache, or stubble
    bearded = person.man and person.age > 19.0 and chance(rng, 0.56)
    lips = person.skin * np.array([0.88, 0.54, 0.54]).reshape(3, 1, 1)
    if person.age > 17.0 and not person.man and chance(rng, 0.45):
        lips = mix(lips, pick(rng, _LIPSTICKS), uniform(rng, 0.4, 0.9))
    vars(person).update(
        width=normal(rng, 0.482 + 0.012 * man + 0.01 * person.child, 0.016),
        top=normal(rng, 0.665, 0.015),
        chin=normal(rng, 0.685 + 0.015 * man - 0.055 * person.child, 0.02),
        taper=normal(rng, 0.33 - 0.07 * man, 0.045),
        nose=normal(rng, 1.0 + 0.1 * man + 0.1 * person.old - 0.35 * person.child, 0.15),
        nose_y=normal(rng, -0.245, 0.014) + 0.03 * person.child,
        eye_open=normal(rng, 0.45, 0.04) * (1.0 - 0.16 * max(0.0, smile) - 0.14 * person.old),
        brow_y=normal(rng, 0.118 - 0.012 * man, 0.012),
        brow_thick=normal(rng, 0.021 + 0.007 * man, 0.004),
        mouth_width=normal(rng, 0.148, 0.01) * (1.0 + 0.2 * max(0.0, smile)),
        mouth_open=uniform(rng, 0.025, 0.062) * (0.4 + 0.6 * smile) if parted else 0.006,
        smile=smile,
        lips=normal(rng, 0.85 + 0.45 * person.melanin - 0.2 * person.old, 0.14),
        lip_rgb=lips,
        blush=uniform(rng, 0.2, 0.8) * (1.1 - 0.8 * person.melanin),
        beard=[0.92 if beard < limit else stubble for limit in (0.3, 0.5, 0.6)] if bearded else [],
        glasses=uniform(rng, 0.1, 1.0) if chance(rng, 0.1 + 0.25 * person.old) else 0.0,
        noise=uniform(rng, 0.0, 200.0),
    )


def _sample_hair(rng: np.random.Generator, person: Person) -> Person:
    """Draw a hair style that fits the person's age and sex."""
    weights = {"long": 0.36, "fringe": 0.16, "bob": 0.18, "tied": 0.16}
    if person.man:
        loss = clamp((person.age - 28.0) / 30.0, 0.0, 1.0)
        weights = {"short": 0.5, "buzz": 0.14, "long": 0.07, "bald": 0.16 * loss}
        weights["receding"] = 0.3 * loss
    style = choose(rng, weights | {"curly": 0.1 + 0.2 * person.melanin})
    side, crown, end = _STYLES[style]
    volume = uniform(rng, 0.4, 1.0)
    line = normal(rng, 0.45 if person.man else 0.43, 0.03)
    return Person(
        style=style,
        side=side * volume,
        crown=crown * volume,
        end=end * uniform(rng, 0.6, 1.0),
        falls=end < 0.0,  # beside the face and over the ears
        line={"fringe": uniform(rng, 0.15, 0.26), "receding": line + 0.1}.get(style, line),
        burn=uniform(rng, -0.12, 0.02) - 0.1 * (style == "curly"),
        tilt=normal(rng, 0.0, 0.1),
        puff=0.08 if style == "curly" else uniform(rng, 0.01, 0.04),
        curl=1.0 if style == "curly" else uniform(rng, 0.0, 0.35),
        density={"buzz": uniform(rng, 0.55, 0.85), "bald": 0.0}.get(style, 1.0),
    )
