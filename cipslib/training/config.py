"""The sections ``training`` and ``hardware`` of params.yaml."""

from dataclasses import dataclass
from typing import Any

import torch

from cipslib.datasets.patches import PatchConfig

DEVICES = ("auto", "cpu", "cuda")
ON_DEVICE = ("auto", "always", "never")  # auto: to a GPU's, if it takes less than half of it
PRECISIONS = ("fp32", "tf32", "bf16")  # float16 is not offered: a CPU is up to 350 times slower


def check_positive(config: Any, *names: str) -> None:
    """Raise ValueError, naming the field, if one of these is not more than 0."""
    for name in names:
        if getattr(config, name) <= 0:
            raise ValueError(f"{name} is {getattr(config, name)}, must be more than 0")


@dataclass(frozen=True)
class HardwareConfig:
    """The section ``hardware`` of params.yaml. It is no part of a run's identity: a run may go on
    with other values, and on another machine.
    """

    device: str  # "auto" (a GPU if there is one), "cpu" or "cuda"
    # On this machine, one for each GPU, as many as a run's batch allows; torchrun's own number
    # counts before it.
    processes: int
    threads: int | None  # of a process, on CPUs; null: as many as there are cores
    microbatch: int | None  # images in one pass of a process; null: its whole share of the batch
    data_on_device: str  # the data set in the device's memory: "auto", "always" or "never"
    compile: bool  # torch.compile, for all but the R1 penalty
    channels_last: bool  # the memory layout of the convolutions
    fused_adam: bool  # one kernel for a whole optimiser step
    activation_checkpointing: bool  # of G: compute twice instead of keeping activations

    def __post_init__(self) -> None:
        for name, known in (("device", DEVICES), ("data_on_device", ON_DEVICE)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}, must be {', '.join(known)}")
        if self.processes < 1:
            raise ValueError(f"processes is {self.processes}, must be at least 1")
        for name in ("threads", "microbatch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}, must be at least 1, or null")

    @property
    def memory_format(self) -> torch.memory_format:
        """The memory layout of D and of the images that it looks at."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


DEFAULT_HARDWARE = HardwareConfig(
    device="cpu",
    processes=1,
    threads=None,
    microbatch=None,
    data_on_device="never",
    compile=False,
    channels_last=False,
    fused_adam=False,
    activation_checkpointing=False,
)


@dataclass(frozen=True)
class AdamConfig:
    """The optimiser of one network (Sec. 4.1)."""

    learning_rate: float
    betas: tuple[float, float]

    def __post_init__(self) -> None:
        check_positive(self, "learning_rate")
        if any(not 0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas is {self.betas}, both must be in [0, 1)")


@dataclass(frozen=True)
class StopRules:
    """When a run stops before its end (divergence.py). None of it changes what is learned."""

    max_score_gap: float  # between D's mean scores (logits) of real and generated images
    score_patience: int  # log entries in a row with a larger gap
    min_diversity: float  # of generated images, relative to real ones; 0: never too little
    max_distance_ratio: float  # Frechet distance, as a multiple of the best one so far
    eval_patience: int  # online evaluations in a row that are too flat, or too far away
    warmup_images: int  # seen before evaluations count: a young generator's say nothing yet

    def __post_init__(self) -> None:
        check_positive(self, "max_score_gap", "score_patience", "eval_patience")
        if not 0 <= self.min_diversity < 1:
            raise ValueError(f"min_diversity is {self.min_diversity}, must be in [0, 1)")
        if self.max_distance_ratio <= 1:
            ratio = self.max_distance_ratio
            raise ValueError(f"max_distance_ratio is {ratio}, must be more than 1")
        if self.warmup_images < 0:
            raise ValueError(f"warmup_images is {self.warmup_images}, must not be negative")


@dataclass(frozen=True)
class OnlineEvalConfig:
    """How the moving average is evaluated while a run is trained (online_eval.py)."""

    every_images: int
    images: int  # generated ones, and as many real ones
    extractor: str  # of features.extractors.EXTRACTORS

    def __post_init__(self) -> None:
        if self.every_images < 1 or self.images < 2:
            raise ValueError("every_images must be at least 1, images at least 2")


@dataclass(frozen=True)
class TrainingConfig:
    """How a run is trained. Progress and intervals count images seen, not iterations."""

    seed: int
    total_images: int
    batch_size: int  # of all processes together
    precision: str  # of PRECISIONS
    patches: PatchConfig | None  # what D sees: None, whole images
    generator_adam: AdamConfig
    discriminator_adam: AdamConfig
    r1_gamma: float
    r1_interval: int  # steps between R1 penalties; each is weighted by the interval ("lazy")
    r1_separate_step: bool  # in an optimiser step of its own, as in the released code
    ema_halflife_images: float
    ema_rampup_ratio: float  # the half-life is at most this share of the images seen so far
    log_every_images: int
    sample_every_images: int
    checkpoint_every_images: int
    checkpoints_kept: int
    online_eval: OnlineEvalConfig | None
    stop_rules: StopRules

    def __post_init__(self) -> None:
        check_positive(self, "total_images", "batch_size", "r1_interval", "checkpoints_kept")
        check_positive(self, "ema_halflife_images", "ema_rampup_ratio")
        check_positive(self, "log_every_images", "sample_every_images", "checkpoint_every_images")
        if self.seed < 0 or self.r1_gamma < 0:
            raise ValueError("seed and r1_gamma must not be negative")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is {self.precision!r}, must be {', '.join(PRECISIONS)}")
