"""Several processes that train one network: who takes which images, and what they tell each other.

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
PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class Team:
    """The processes of a run, as one of them sees them. By default it is alone."""

    rank: int = 0
    size: int = 1
    # Messages between the CPUs: what all must agree on, without a wait for the GPU.
    talk: dist.ProcessGroup | None = None

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Each gradient becomes its mean over the processes, all in one message.

        The same parameters must have gradients in all of them.
        """
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        message = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(message)
        means = (message / self.size).split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def any(self, flag: bool) -> bool:
        """Whether any process says so."""
        return max(self.all_of(float(flag))) > 0

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """Each value's mean over the processes; all must give the same keys."""
        if self.size == 1:
            return dict(values)
        message = torch.tensor(list(values.values()), dtype=torch.float64)
        dist.all_reduce(message, group=self.talk)
        return dict(zip(values, (message / self.size).tolist(), strict=True))

    def all_of(self, value: float) -> list[float]:
        """The value of each process."""
        return self.gather(torch.tensor([value], dtype=torch.float64)).tolist()

    def gather(self, rows: Tensor) -> Tensor:
        """The rows of all processes, in their order, on the CPU. All must have as many."""
        rows = rows.cpu().contiguous()
        if self.size == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        dist.all_gather(parts, rows, group=self.talk)
        return torch.cat(parts)

    def wait(self) -> None:
        """Until all processes are here."""
        self.any(False)


ALONE = Team()


@contextmanager
def joined_team(device: torch.device) -> Iterator[Team]:
    """The team that torchrun has started; a process that it has not is alone."""
    if not is_member():
        yield Team()
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    talk = dist.new_group(backend="gloo", timeout=PATIENCE)
    assert isinstance(talk, dist.ProcessGroup)
    yield Team(dist.get_rank(), dist.get_world_size(), talk)
    # Not after an error: the others are not here, and torchrun ends them.
    dist.destroy_process_group()


def own_pieces(
    batch: int, group: int, team: Team, micro_batch: int | None
) -> list[Int[Tensor, " piece"]]:
    """Which images of a batch this process takes, in one piece for each pass.

    A piece holds whole groups of the discriminator's minibatch deviation (images m, m + M, m + 2M,
    ... of M groups), so that neither the number of processes nor that of passes changes a result
    by more than rounding. Raises UserError, naming a number that would do, if that cannot be.
    """
    if batch % (group * team.size):
        raise UserError(
            f"training.batch_size is {batch}; {team.size} processes and groups of {group} "
            f"(discriminator.stddev_group) need a multiple of {group * team.size}"
        )
    share = batch // team.size
    piece = micro_batch or share
    if share % piece or piece % group:
        possible = [n for n in range(group, share + 1, group) if share % n == 0]
        raise UserError(
            f"hardware.micro_batch is {piece}; a share of {share} images in groups of {group} "
            f"allows {', '.join(map(str, possible))}"
        )
    groups = torch.arange(batch).reshape(group, -1).split(piece // group, dim=1)
    passes = share // piece
    own = groups[team.rank * passes : (team.rank + 1) * passes]
    return [columns.flatten() for columns in own]


def processes_for(batch: int, group: int, most: int) -> int:
    """The largest number up to ``most`` that a batch can be shared out to.

    Each process takes as many whole groups, of the discriminator's minibatch deviation.
    """
    groups = batch // group
    return next(number for number in range(min(most, groups), 0, -1) if groups % number == 0)
