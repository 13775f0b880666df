"""A run's identity: what is learned depends on what modules mean, not on what they say about it."""

from pathlib import Path

import pytest

import cipslib
from replication.training.fingerprint import CODE, digest, meaning

SOURCE = '''"""A module."""


class Layer:
    """Eq. 2."""

    width: int = 3

    def forward(self, x):
        """Of x."""
        return x * 2  # twice
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# twice", "# two times"),
        ('"""A module."""', '"""A room."""'),
        ('"""Eq. 2."""', '"""Eq. 3."""'),
        ('        """Of x."""\n', ""),
    ],
)
def test_words_change_no_identity(old: str, new: str):
    assert SOURCE.count(old) == 1
    assert digest(meaning(SOURCE.replace(old, new))) == digest(meaning(SOURCE))


@pytest.mark.parametrize(("old", "new"), [("x * 2", "x * 3"), ("int = 3", "int = 4")])
def test_deeds_change_it(old: str, new: str):
    assert digest(meaning(SOURCE.replace(old, new))) != digest(meaning(SOURCE))


def test_each_module_has_a_meaning_of_its_own():
    folder = Path(cipslib.__file__).parent
    found = {meaning((folder / f"{module}.py").read_text()) for module in CODE}
    assert len(found) == len(CODE)
