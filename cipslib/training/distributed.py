"""Several processes that train one network: who takes which images, and what they exchange.

Every process holds the same networks and computes its share of each batch; gradients are averaged
by hand. (DistributedDataParallel does not notice a parameter that the R1 penalty leaves without a
gradient, and then does not average.)
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from cipslib.utils.environment import is_member
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Int

# The slowest thing that others wait for is the first step of a compiled network.
TIMEOUT = timedelta(minutes=30)


@dataclass(frozen=True)
class DistributedContext:
    """The processes of a run, as one of them sees them. By default it is the only one."""

    rank: int = 0
    world_size: int = 1
    # Messages between the CPUs: what all must agree on, without a wait for the GPU.
    cpu_group: dist.ProcessGroup | None = None

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace each gradient by its mean over the processes, all in one message.

        The same parameters must have gradients in all of them.
        """
        if self.world_size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        message = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(message)
        means = (message / self.world_size).split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return each value's mean over the processes; all must give the same keys."""
        if self.world_size == 1:
            return dict(values)
        message = torch.tensor(list(values.values()), dtype=torch.float64)
        dist.all_reduce(message, group=self.cpu_group)
        return dict(zip(values, (message / self.world_size).tolist(), strict=True))

    def all_gather(self, rows: Tensor) -> Tensor:
        """Return the rows of all processes, by rank, on the CPU. All must have as many."""
        rows = rows.cpu().contiguous()
        if self.world_size == 1:
            return rows
        gathered = [torch.empty_like(rows) for _ in range(self.world_size)]
        dist.all_gather(gathered, rows, group=self.cpu_group)
        return torch.cat(gathered)

    def all_gather_float(self, value: float) -> list[float]:
        """Return the value of each process, by rank."""
        return self.all_gather(torch.tensor([value], dtype=torch.float64)).tolist()

    def barrier(self) -> None:
        """Wait until all processes are here."""
        self.all_gather_float(0.0)


SINGLE_PROCESS = DistributedContext()


@contextmanager
def init_distributed(device: torch.device) -> Iterator[DistributedContext]:
    """Yield the processes that torchrun has started; without torchrun there is one."""
    if not is_member():
        yield SINGLE_PROCESS
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    cpu_group = dist.new_group(backend="gloo", timeout=TIMEOUT)
    assert isinstance(cpu_group, dist.ProcessGroup)
    yield DistributedContext(dist.get_rank(), dist.get_world_size(), cpu_group)
    # Not after an error: the others are not here, and torchrun ends them.
    dist.destroy_process_group()


def split_into_microbatches(
    batch_size: int, group: int, distributed: DistributedContext, microbatch: int | None
) -> list[Int[Tensor, " microbatch"]]:
    """Return which images of a batch this process takes, in one tensor for each pass.

    A microbatch holds whole groups of the discriminator's minibatch deviation (images m, m + M,
    m + 2M, ... of M groups), so that neither the number of processes nor that of passes changes a
    result by more than rounding. Raises UserError, naming a number that would do, if that cannot
    be.
    """
    world_size = distributed.world_size
    if batch_size % (group * world_size):
        raise UserError(
            f"training.batch_size is {batch_size}; {world_size} processes and groups of {group} "
            f"(discriminator.stddev_group) need a multiple of {group * world_size}"
        )
    share = batch_size // world_size
    size = microbatch or share
    if share % size or size % group:
        possible = [n for n in range(group, share + 1, group) if share % n == 0]
        raise UserError(
            f"hardware.microbatch is {size}; a share of {share} images in groups of {group} "
            f"allows {', '.join(map(str, possible))}"
        )
    microbatches = torch.arange(batch_size).reshape(group, -1).split(size // group, dim=1)
    passes = share // size
    first = distributed.rank * passes
    return [columns.flatten() for columns in microbatches[first : first + passes]]


def processes_for(batch_size: int, group: int, most: int) -> int:
    """Return the largest number of processes up to ``most`` that a batch can be shared out to.

    Each takes as many whole groups of the discriminator's minibatch deviation.
    """
    groups = batch_size // group
    return next(number for number in range(min(most, groups), 0, -1) if groups % number == 0)
