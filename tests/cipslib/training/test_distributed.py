"""However many processes and passes share a batch, it is the same batch and the same step."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import REPOSITORY, python, refused
from distributed_worker import after_steps
from safetensors.torch import load_file

from cipslib.networks.discriminator import minibatch_stddev
from cipslib.training.distributed import (
    SINGLE_PROCESS,
    DistributedContext,
    processes_for,
    split_into_microbatches,
)

WORKER = REPOSITORY / "tests" / "distributed_worker.py"
CASES = {2: ["-,added,cips", "4,separate,noisy"], 4: ["-,separate,stylegan2"]}


@pytest.mark.parametrize(
    ("world_size", "microbatch"), [(1, None), (1, 4), (1, 8), (2, None), (2, 4), (4, 4)]
)
def test_the_microbatches_of_all_processes_are_the_batch(world_size: int, microbatch: int | None):
    """And hold whole groups of the minibatch deviation."""
    processes = [DistributedContext(rank, world_size) for rank in range(world_size)]
    shares = [split_into_microbatches(16, 4, process, microbatch) for process in processes]
    parts = [indices for share in shares for indices in share]
    assert {len(indices) for indices in parts} == {microbatch or 16 // world_size}
    assert sorted(torch.cat(parts).tolist()) == list(range(16))
    x = torch.randn(16, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    whole = minibatch_stddev(x, 4)
    for indices in parts:
        torch.testing.assert_close(minibatch_stddev(x[indices], 4), whole[indices])


@pytest.mark.parametrize(
    ("batch", "world_size", "microbatch", "message"),
    [
        (16, 3, None, r"batch_size is 16; 3 processes and groups of 4 .* need a multiple of 12"),
        (16, 8, None, "need a multiple of 32"),
        (32, 2, 3, r"microbatch is 3; a share of 16 images in groups of 4 allows 4, 8, 16"),
        (24, 1, 16, "allows 4, 8, 12, 24"),
    ],
)
def test_a_batch_that_cannot_be_shared_out_is_refused(batch, world_size, microbatch, message):
    process = DistributedContext(0, world_size)
    refused(message, split_into_microbatches, batch, 4, process, microbatch)


@pytest.mark.parametrize(
    ("batch", "most", "expected"), [(16, 8, 4), (32, 8, 8), (4, 8, 1), (24, 4, 3), (32, 1, 1)]
)
def test_every_process_has_whole_groups(batch: int, most: int, expected: int):
    assert processes_for(batch, 4, most) == expected


@pytest.fixture(scope="module")
def under_torchrun(tmp_path_factory) -> Callable[[int, str], list[dict[str, torch.Tensor]]]:
    """Return what each of several processes holds after a case's steps; started once a number."""
    folders: dict[int, Path] = {}

    def steps(processes: int, case: str) -> list[dict[str, torch.Tensor]]:
        if processes not in folders:
            folders[processes] = tmp_path_factory.mktemp("torchrun")
            launch = ("torch.distributed.run", "--standalone", f"--nproc-per-node={processes}")
            python("-m", *launch, WORKER, folders[processes], *CASES[processes])
        files = [folders[processes] / f"{case}-{rank}.safetensors" for rank in range(processes)]
        return [load_file(file) for file in files]

    return steps


def relative(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], kind: str) -> float:
    """Return the difference of all tensors of a kind, relative to their size."""
    first, second = (
        torch.cat([v.flatten().double() for k, v in sorted(each.items()) if k.startswith(kind)])
        for each in (a, b)
    )
    return float((first - second).norm() / second.norm())


@pytest.mark.parametrize(
    ("processes", "case"), [(n, case) for n, cases in CASES.items() for case in cases]
)
def test_several_processes_take_the_steps_of_one(under_torchrun, processes: int, case: str):
    """Gradients of the first step, with R1, to 1e-5; weights after 20 steps to 1e-4."""
    expected = after_steps(SINGLE_PROCESS, "-" + case[1:])
    found = under_torchrun(processes, case)
    for rank in found[1:]:
        assert all(torch.equal(value, rank[name]) for name, value in found[0].items())
    assert found[0].keys() == expected.keys()
    for network in ("generator", "discriminator"):
        assert relative(found[0], expected, f"gradient/{network}") < 1e-5
        assert relative(found[0], expected, f"weights/{network}") < 1e-4
    assert relative(found[0], expected, "loss/") < 1e-5


def test_microbatches_are_a_matter_of_memory_alone():
    """One pass or four: the same steps."""
    whole, parts = (after_steps(SINGLE_PROCESS, f"{size},added,noisy") for size in ("-", "4"))
    for network in ("generator", "discriminator"):
        assert relative(parts, whole, f"gradient/{network}") < 1e-5
        assert relative(parts, whole, f"weights/{network}") < 1e-4
