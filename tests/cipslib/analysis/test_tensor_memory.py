"""What counts as memory that a piece of code needs."""

import torch

from cipslib.analysis.tensor_memory import LiveBytes


def test_the_most_that_new_tensors_held_at_one_time():
    given = torch.zeros(1000)
    with LiveBytes() as memory:
        first = given + 1
        del first
        second = given + 1
        third = second[:10] + 1
    assert memory.most == 4 * (1000 + len(third))
