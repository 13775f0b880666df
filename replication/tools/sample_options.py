"""The options of `cips sample`: light, for the command line to show their defaults."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleOptions:
    """What images are wanted; each kind of them takes some of these."""

    n: int = 16
    seed: int = 0
    device: str = "auto"
    style: str | None = None
    truncation: float = 1.0
    resolution: int | None = None
    window: tuple[float, float, float, float] | None = None
    interpolation: str = "bilinear"
    zero_encoding: str | None = None
    noise: bool = False
    max_memory: float | None = None  # MiB
    steps: int = 8
    gif: bool = False
    share: float = 25.0  # per cent
    gaze: tuple[float, float] = (0.0, 0.0)
    sigma: float = 0.4  # Fig. 8
    factor: int = 4
    width: int | None = None
    start: float = -180.0  # degrees
    angle: float = 360.0  # degrees
