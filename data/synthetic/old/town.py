"""A piece of a town from straight above: its street grid and what stands on its plots.

Lengths in metres. Town coordinates (s, t) follow the streets; the grid lies at any angle.
"""

from dataclasses import dataclass

import numpy as np

from synthetic.old.sampling import chance, choose, normal, uniform

Box = tuple[float, float, float, float]  # s at the street and at the back, t from and to


@dataclass(frozen=True)
class Town:
    """`half` is half the picture's width; streets lie every `block` (s, t), `street` wide."""

    zone: str
    angle: float
    origin: tuple[float, float]
    half: float
    block: tuple[float, float]
    street: float

    def plan(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Town coordinates of picture points."""
        cos, sin = self.half * np.cos(self.angle), self.half * np.sin(self.angle)
        s = x * np.float32(cos) + y * np.float32(sin) + np.float32(self.origin[0])
        t = y * np.float32(cos) - x * np.float32(sin) + np.float32(self.origin[1])
        return s, t

    def picture(self, s: float, t: float) -> tuple[float, float]:
        """Picture coordinates of a point of the town."""
        s, t = (s - self.origin[0]) / self.half, (t - self.origin[1]) / self.half
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return float(s * cos - t * sin), float(s * sin + t * cos)

    def near(self, s: float, t: float, margin: float) -> bool:
        """Whether a point lies within `margin` of the picture."""
        return max(map(abs, self.picture(s, t))) < 1.0 + margin / self.half


@dataclass(frozen=True)
class Building:
    """A box on the plan: middle, half its length and width, `turn` against the grid, height."""

    s: float
    t: float
    length: float
    width: float
    turn: float
    height: float
    roof: str

    def covers(self, s: float, t: float, margin: float) -> bool:
        """Whether a point lies within the building or less than `margin` from it."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        ds, dt = s - self.s, t - self.t
        along, across = abs(ds * cos + dt * sin), abs(dt * cos - ds * sin)
        return bool(along < self.length + margin and across < self.width + margin)


def sample_town(rng: np.random.Generator) -> Town:
    """Streets at any angle; scale varies by a fifth, as in the real set."""
    zones = {"suburb": 0.46, "terraces": 0.16, "slabs": 0.14, "works": 0.14, "farm": 0.1}
    zone = choose(rng, zones)
    across = {"suburb": (50.0, 64.0), "terraces": (38.0, 52.0), "slabs": (60.0, 90.0),
              "works": (70.0, 110.0), "farm": (110.0, 180.0)}[zone]  # fmt: skip
    return Town(
        zone=zone,
        angle=uniform(rng, 0.0, 2.0 * np.pi),
        origin=(uniform(rng, -500.0, 500.0), uniform(rng, -500.0, 500.0)),
        half=uniform(rng, 33.0, 46.0),
        block=(uniform(rng, *across), uniform(rng, 90.0, 160.0)),
        street=3.5 if zone == "farm" else uniform(rng, 5.5, 10.0),
    )


def sample_buildings(rng: np.random.Generator, town: Town) -> list[Building]:
    """Every building in or near the picture."""
    fill = {"suburb": _house, "terraces": _terrace, "slabs": _slab, "works": _hall, "farm": _barn}
    depth = {"suburb": 1.0, "terraces": 0.72, "slabs": 0.9, "works": 0.95, "farm": 1.0}[town.zone]
    built: list[Building] = []
    for plot in _plots(rng, town):
        front, back, low, high = plot
        if town.near((front + back) / 2, (low + high) / 2, 40.0):
            built += fill[town.zone](rng, plot, depth)
    return [b for b in built if town.near(b.s, b.t, b.length + b.width + 2.0 * b.height)]


def _plots(rng: np.random.Generator, town: Town) -> list[Box]:
    """Plots on both sides of each street that runs along t; the streets lie at s = 0, ±block."""
    plots = []
    frontage = {"suburb": (15.0, 24.0), "terraces": (7.0, 14.0), "slabs": (30.0, 60.0),
                "works": (30.0, 60.0), "farm": (30.0, 70.0)}[town.zone]  # fmt: skip
    reach = 1.5 * town.half
    across, along = town.block
    for column in range(*_span(town.origin[0], reach, across)):
        for row in range(*_span(town.origin[1], reach, along)):
            for side in (0, 1):
                left = (column + 0.5 * side) * across + (0.5 * town.street + 1.5) * (1 - side)
                right = (column + 0.5 * (side + 1)) * across - (0.5 * town.street + 1.5) * side
                low, end = row * along + 0.5 * town.street + 1.5, (row + 1) * along
                end -= 0.5 * town.street + 1.5
                while end - low > frontage[0]:
                    high = min(low + uniform(rng, *frontage), end)
                    plots.append(
                        (left, right, low, high) if side == 0 else (right, left, low, high)
                    )
                    low = high
    return plots


def _span(middle: float, reach: float, pitch: float) -> tuple[int, int]:
    return int(np.floor((middle - reach) / pitch)) - 1, int(np.ceil((middle + reach) / pitch)) + 1


def _house(rng: np.random.Generator, plot: Box, _: float) -> list[Building]:
    """A detached house behind a front garden, often with a wing or a garage."""
    front, back, low, high = plot
    if chance(rng, 0.06):
        return []
    inward = 1.0 if back > front else -1.0
    width = min(uniform(rng, 4.2, 6.5), 0.42 * (high - low))
    length = min(uniform(rng, 5.0, 8.5), 0.36 * abs(back - front))
    s = front + inward * (uniform(rng, 3.5, 7.0) + length)
    t = (low + high) / 2 + normal(rng, 0.0, 1.0)
    roof = choose(rng, {"gable": 0.38, "hip": 0.47, "flat": 0.15})
    turn, height = normal(rng, 0.0, 0.02), uniform(rng, 4.0, 7.5)
    flip = 0.5 * np.pi if chance(rng, 0.5) else 0.0
    if flip:
        length, width = width, length
    built = [Building(s, t, length, width, turn + flip, height, roof)]
    if chance(rng, 0.55):
        side = 1.0 if chance(rng, 0.5) else -1.0
        wing = uniform(rng, 2.6, 3.6)
        ws, wt = s - inward * uniform(rng, 0.0, 3.0), t + side * uniform(rng, 3.0, 5.5)
        built.insert(0, Building(ws, wt, wing + 1.0, wing, turn, 0.7 * height, roof))
    if chance(rng, 0.3):
        shed = uniform(rng, 1.2, 2.4)
        st = uniform(rng, low + 3.0, high - 3.0)
        built.append(Building(back - inward * 4.0, st, 1.4 * shed, shed, 0.0, 2.5, "gable"))
    return built


def _terrace(rng: np.random.Generator, plot: Box, depth: float) -> list[Building]:
    """A house of a closed row, and sometimes a building in the yard behind it."""
    front, back, low, high = plot
    inward = 1.0 if back > front else -1.0
    deep = depth * abs(back - front) * 0.4
    roof = choose(rng, {"gable": 0.7, "flat": 0.3})
    height, width = uniform(rng, 8.0, 16.0), (high - low) / 2
    middle = (low + high) / 2
    s = front + inward * (deep + 0.5)
    built = [Building(s, middle, width, deep, 0.5 * np.pi, height, roof)]
    if chance(rng, 0.35):
        far = back - inward * uniform(rng, 2.0, 5.0)
        built.append(Building(far, middle, 0.8 * width, 2.4, 0.5 * np.pi, 4.0, "flat"))
    return built


def _slab(rng: np.random.Generator, plot: Box, depth: float) -> list[Building]:
    """A long block of flats along or across its plot."""
    front, back, low, high = plot
    if chance(rng, 0.15):
        return []
    s, t = (front + back) / 2 + normal(rng, 0.0, 2.0), (low + high) / 2
    flip = chance(rng, 0.6)
    room = (high - low if flip else depth * abs(back - front)) / 2 - 2.0
    length, width = min(uniform(rng, 14.0, 28.0), room), uniform(rng, 5.5, 7.5)
    turn = 0.5 * np.pi if flip else 0.0
    roof = choose(rng, {"flat": 0.65, "hip": 0.2, "gable": 0.15})
    return [Building(s, t, length, width, turn, uniform(rng, 10.0, 28.0), roof)]


def _hall(rng: np.random.Generator, plot: Box, depth: float) -> list[Building]:
    """A factory, a store or a supermarket; the rest of the plot is for cars."""
    front, back, low, high = plot
    inward = 1.0 if back > front else -1.0
    length = depth * abs(back - front) / 2 * uniform(rng, 0.5, 0.95)
    s = back - inward * (length + 1.0)
    width = (high - low) / 2 * uniform(rng, 0.65, 0.95)
    roof = choose(rng, {"flat": 0.7, "gable": 0.15, "saw": 0.15})
    return [Building(s, (low + high) / 2, length, width, 0.0, uniform(rng, 6.0, 12.0), roof)]


def _barn(rng: np.random.Generator, plot: Box, _: float) -> list[Building]:
    """A farm here and there: a house and barns at angles to each other."""
    front, back, low, high = plot
    if chance(rng, 0.45):
        return []
    inward = 1.0 if back > front else -1.0
    built = []
    for i in range(int(rng.integers(1, 5))):
        s = front + inward * (8.0 + 13.0 * i + normal(rng, 0.0, 2.0))
        t = uniform(rng, low + 5.0, high - 5.0)
        turn = (0.5 * np.pi if chance(rng, 0.5) else 0.0) + normal(rng, 0.0, 0.08)
        length, width = uniform(rng, 6.0, 12.0), uniform(rng, 3.5, 5.5)
        roof = choose(rng, {"gable": 0.75, "hip": 0.25})
        built.append(Building(s, t, length, width, turn, uniform(rng, 4.0, 8.0), roof))
    return built
