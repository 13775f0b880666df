"""Every reader with files that were damaged at random: a sentence, and never a traceback.

`make test-faults` tries EXAMPLES=1000 of each and prints the counts, which docs/reliability.md has.
"""

import io
import os
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import corpus
import numpy as np
import pytest
import torch
import yaml
from conftest import REPOSITORY, TINY, make_study, small_generator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import to_release

from cipslib.networks.files import load_generator, load_tensors_and_about, save_generator
from cipslib.networks.files import save_tensors
from cipslib.networks.models import build_generator
from cipslib.utils.errors import UserError
from cipslib.utils.files import read_json
from replication.claims.compare import compare_claims
from replication.cli import main
from replication.datasets.cards import read_card
from replication.datasets.decode import Rejected, crop_and_resize, decode
from replication.datasets.sources import open_source
from replication.datasets.worker import preprocess
from replication.profile.profile import load_profile
from replication.released.convert import read_release
from test_sources import CONTAINERS

EXAMPLES = int(os.environ.get("EXAMPLES", "12"))
TRIED: Counter[str] = Counter()
try_many = settings(
    max_examples=EXAMPLES,
    deadline=10_000,  # ms: what takes longer hangs
    derandomize=EXAMPLES < 100,
    database=None,
    suppress_health_check=[*HealthCheck],
)
# Where, how many bytes are taken away there, and what takes their place.
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.one_of(st.integers(0, 9), st.integers(0, 2**20)), st.binary(max_size=9)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module", autouse=True)
def _print_counts():
    yield
    print(*(f"{what}: {count}" for what, count in sorted(TRIED.items())), sep="\n")


def damaged(content: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    for where, cut, put in damage:
        place = int(where * len(content))
        content = content[:place] + put + content[place + cut :]
    return content


def survives(kind: str, read: Callable[[], Any]) -> None:
    """Count what is read and what is refused; anything else that is raised fails the test."""
    try:
        read()
        TRIED[f"{kind}, read"] += 1
    except (UserError, Rejected) as error:
        assert str(error) and "\n" not in str(error)
        TRIED[f"{kind}, refused with a sentence"] += 1


IMAGES = {
    kind: corpus.encoded(kind)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
}


@pytest.mark.parametrize("kind", IMAGES)
@try_many
@given(damage=DAMAGE)
def test_a_damaged_image(kind: str, damage):
    content = damaged(IMAGES[kind], damage)
    survives(kind, lambda: crop_and_resize(decode(content), corpus.config(), 0))


def write_generator(path: Path) -> Path:
    save_generator(path, small_generator())
    return path


def write_release(path: Path) -> Path:
    model = {**TINY["stylegan2"], "resolution": 16}
    del model
    torch.save({"g_ema": to_release(small_generator())}, path)
    return path


FILES: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
    "generator": (write_generator, load_generator),
    "style": (
        lambda path: save_tensors(path, {"w": torch.zeros(1, 5)}, {"kind": "style"}),
        lambda path: load_tensors_and_about(path, "style"),
    ),
    "release": (write_release, read_release),
    "card": (
        lambda path: path.write_bytes((REPOSITORY / "data/cards/ffhq.yaml").read_bytes()),
        read_card,
    ),
    "claims": (
        lambda path: path.write_text('{"profile": "a", "claims": [{"code": "b"}]}'),
        lambda path: compare_claims({"profile": "a", "claims": []}, path),
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """What each of FILES writes, and each container of images that is one file."""
    folder = tmp_path_factory.mktemp("whole")
    whole = {}
    for name, write in {**{k: v[0] for k, v in FILES.items()}, **{k: v[0] for k, v in CONTAINERS.items()}}.items():
        write(folder / name)
        if (folder / name).is_file():
            whole[name] = (folder / name).read_bytes()
    return whole


@pytest.mark.parametrize("name", FILES)
@try_many
@given(damage=DAMAGE)
def test_a_damaged_file_of_the_programs_own(name: str, files, tmp_path: Path, damage):
    (tmp_path / name).write_bytes(damaged(files[name], damage))
    survives(name, lambda: FILES[name][1](tmp_path / name))
