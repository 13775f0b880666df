"""The program's own files, and command lines, damaged at random; images and their containers are
where they are tested otherwise.
"""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import REPOSITORY, TINY, small_generator
from damage import DAMAGE, damaged, survives, try_many
from hypothesis import given
from hypothesis import strategies as st
from networks import to_release

from cipslib.networks.files import (
    load_generator,
    load_tensors_and_about,
    save_generator,
    save_tensors,
)
from cipslib.utils.errors import UserError
from replication.claims.compare import compare_claims
from replication.cli import main
from replication.datasets.cards import read_card
from replication.profile.profile import load_profile
from replication.released.convert import read_release

CLAIMS = '{"profile": "a", "claims": [{"code": "b", "verdict": "c"}]}'
FILES: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
    "a generator": (lambda path: save_generator(path, small_generator()), load_generator),
    "a style": (
        lambda path: save_tensors(path, {"w": torch.zeros(1, 5)}, {"kind": "style"}),
        lambda path: load_tensors_and_about(path, "style"),
    ),
    "a released .pt": (
        lambda path: torch.save({"g_ema": to_release(small_generator())}, path),
        read_release,
    ),
    "a card": (
        lambda path: path.write_bytes((REPOSITORY / "data/cards/ffhq.yaml").read_bytes()),
        read_card,
    ),
    "claims.json": (
        lambda path: path.write_text(CLAIMS),
        partial(compare_claims, {"profile": "a", "claims": []}),
    ),
    "params.yaml, its bytes": (lambda path: path.write_text(yaml.safe_dump(TINY)), load_profile),
}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # torch, of damaged bytes
@pytest.mark.parametrize("kind", FILES)
@try_many
@given(damage=DAMAGE)
def test_a_damaged_file_says_a_sentence(tmp_path: Path, kind: str, damage):
    write, read = FILES[kind]
    path = tmp_path / "params.yaml"
    write(path)
    path.write_bytes(damaged(path.read_bytes(), damage))
    survives(kind, lambda: read(path))


def places(tree: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The ways to all values of nested mappings."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield (*above, key)
        yield from places(value, (*above, key))


SINGLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
VALUES = SINGLE | st.lists(SINGLE, max_size=3) | st.dictionaries(st.text(max_size=9), SINGLE)


@try_many
@given(changes=st.dictionaries(st.sampled_from([*places(TINY)]), VALUES, min_size=1, max_size=2))
def test_a_parameter_of_another_type_says_a_sentence(tmp_path: Path, changes):
    params = copy.deepcopy(TINY)
    for way, value in changes.items():
        within: Any = params
        for key in way[:-1]:
            within = within[key] if isinstance(within, dict) and key in within else {}
        if isinstance(within, dict):
            within[way[-1]] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params))
    survives("params.yaml, its values", lambda: load_profile(path))


WORDS = st.sampled_from(
    """images mean interpolation mixing foveated superresolution panorama blend --n --seed --style
    --truncation --resolution --window --interpolation --zero-encoding --noise --max-memory --steps
    --gif --share --gaze --sigma --factor --width --start --angle --device cpu bilinear fourier
    nothing -1 0 1 2 3 0.5 25 nan inf 1e9""".split()
)


@try_many
@given(words=st.lists(WORDS | st.text(max_size=5), max_size=6))
def test_a_command_line_says_a_sentence(tmp_path: Path, words: list[str], capsys):
    save_generator(tmp_path / "generator.safetensors", small_generator())
    line = ["sample", str(tmp_path / "generator.safetensors"), *words]

    def call() -> None:
        try:
            code = main([*line, "--out", str(tmp_path / "out")])
        except SystemExit as error:  # argparse's
            code = error.code
        said = capsys.readouterr().err
        if code:
            raise UserError(said.strip().splitlines()[-1])

    survives("a command line", call)
