"""A run's identity: what is learned depends on what modules mean, not on what they say about it."""

import pytest

from replication.training.fingerprint import code_of_training, digest, meaning

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
    for model in ("cips", "stylegan2"):
        digests = list(code_of_training(model).values())
        assert len({*digests}) == len(digests) > 10
