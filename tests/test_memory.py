"""What a process that trains does with the memory that it frees."""

import subprocess
import sys

import pytest

from cipslib.utils.memory import keep_freed_memory

# Page faults of a block of 64 MB, after a larger one was freed (in a place of the very same size
# there may be no room for the alignment).
PROGRAM = """
import resource, sys
import torch
from cipslib.memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
torch.ones(2**25)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(2**24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not keep_freed_memory(), reason="not GNU's C library")
def test_a_block_is_used_again_instead_of_given_back():
    faults = {
        how: int(subprocess.check_output([sys.executable, "-c", PROGRAM, how]))
        for how in ("plain", "keep")
    }
    assert faults["plain"] > 1000
    assert faults["keep"] < 100
