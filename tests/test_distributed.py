"""However many processes and passes share a batch, it is the same batch and the same step."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import PYTHONPATH, REPOSITORY
from safetensors.torch import load_file
from team_member import after_steps

from cipslib.networks.discriminator import minibatch_stddev
from cipslib.training.distributed import Team, own_pieces
from cipslib.utils.errors import UserError

TEAM = REPOSITORY / "tests" / "team_member.py"


@pytest.mark.parametrize(("size", "micro_batch"), [(1, None), (1, 4), (2, None), (2, 4), (4, 4)])
def test_the_pieces_of_all_are_the_batch(size: int, micro_batch: int | None):
    pieces = [p for rank in range(size) for p in own_pieces(16, 4, Team(rank, size), micro_batch)]
    assert {len(piece) for piece in pieces} == {micro_batch or 16 // size}
    assert sorted(torch.cat(pieces).tolist()) == list(range(16))


@pytest.mark.parametrize("micro_batch", [4, 8])
def test_a_piece_holds_whole_groups_of_the_minibatch_deviation(micro_batch: int):
    x = torch.randn(16, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    whole = minibatch_stddev(x, 4)
    for rank in range(2):
        for piece in own_pieces(16, 4, Team(rank, 2), micro_batch):
            torch.testing.assert_close(minibatch_stddev(x[piece], 4), whole[piece])


@pytest.mark.parametrize(
    ("batch", "size", "micro_batch", "message"),
    [
        (16, 3, None, r"batch_size is 16; 3 processes and groups of 4 .* need a multiple of 12"),
        (16, 8, None, "need a multiple of 32"),
        (32, 2, 3, r"micro_batch is 3; a share of 16 images in groups of 4 allows 4, 8, 16"),
        (24, 1, 16, "allows 4, 8, 12, 24"),
    ],
)
def test_a_batch_that_cannot_be_shared_out_is_refused(batch, size, micro_batch, message):
    with pytest.raises(UserError, match=message):
        own_pieces(batch, 4, Team(0, size), micro_batch)


def together(folder: Path, processes: int, *how: str) -> list[dict[str, torch.Tensor]]:
    """What each process of a team holds after its steps."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*command, f"--nproc-per-node={processes}", str(TEAM), str(folder), *how],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [load_file(folder / f"{rank}.safetensors") for rank in range(processes)]


def relative(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], kind: str) -> float:
    """The difference of all tensors of a kind, relative to their size."""
    first, second = (
        torch.cat([v.flatten().double() for k, v in sorted(each.items()) if k.startswith(kind)])
        for each in (a, b)
    )
    return float((first - second).norm() / second.norm())


@pytest.mark.parametrize(
    ("processes", "how"),
    [
        (2, ("-", "added", "cips")),
        (2, ("4", "apart", "noisy")),
        (4, ("-", "apart", "stylegan2")),
        (4, ("4", "added", "cips")),
    ],
)
def test_several_processes_take_the_steps_of_one(tmp_path, processes, how):
    """Gradients of the first step, with R1, to 1e-5; weights after 20 steps to 1e-4."""
    expected = after_steps(Team(), "-", *how[1:])
    found = together(tmp_path, processes, *how)
    for other in found[1:]:
        assert all(torch.equal(value, other[name]) for name, value in found[0].items())
    assert found[0].keys() == expected.keys()
    for network in ("generator", "discriminator"):
        assert relative(found[0], expected, f"gradient/{network}") < 1e-5
        assert relative(found[0], expected, f"weights/{network}") < 1e-4
    assert relative(found[0], expected, "loss/") < 1e-5


@pytest.mark.parametrize("model", ["cips", "noisy", "stylegan2"])
def test_passes_are_a_matter_of_memory_alone(model: str):
    """One pass or four: the same steps."""
    whole, parts = (after_steps(Team(), passes, "added", model) for passes in ("-", "4"))
    for network in ("generator", "discriminator"):
        assert relative(parts, whole, f"gradient/{network}") < 1e-5
        assert relative(parts, whole, f"weights/{network}") < 1e-4


def test_a_process_alone_says_everything_to_itself():
    team = Team()
    assert team.leads and team.any(True) and not team.any(False)
    assert team.all_of(3.0) == [3.0]
    assert team.mean({"a": 1.5}) == {"a": 1.5}
