"""How a run uses the machine: what changes its speed, and its result by rounding alone."""

from dataclasses import dataclass

DEVICES = ("auto", "cpu", "cuda")
ON_DEVICE = ("auto", "always", "never")  # auto: to a GPU's, if it takes less than half of it


@dataclass(frozen=True)
class HardwareConfig:
    """The section ``hardware`` of params.yaml. It is no part of a run's identity: a run may go on
    with other values, and on another machine.
    """

    device: str  # "auto" (a GPU if there is one), "cpu" or "cuda"
    # On this machine, one for each GPU, as many as a run's batch allows; torchrun's own number
    # counts before it.
    processes: int
    micro_batch: int | None  # images in one pass of a process; null: its whole share of the batch
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
        if self.micro_batch is not None and self.micro_batch < 1:
            raise ValueError(f"micro_batch is {self.micro_batch}, must be at least 1, or null")


def processes_for(batch: int, group: int, most: int) -> int:
    """The largest number up to ``most`` that a batch can be shared out to.

    Each process takes as many whole groups, of the discriminator's minibatch deviation.
    """
    groups = batch // group
    return next(number for number in range(min(most, groups), 0, -1) if groups % number == 0)


PLAIN = HardwareConfig(
    device="cpu",
    processes=1,
    micro_batch=None,
    data_on_device="never",
    compile=False,
    channels_last=False,
    fused_adam=False,
    activation_checkpointing=False,
)
