"""A step on a GPU that is not there: a tensor left on the CPU is found by its device alone."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import TINY, small_trainer
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.networks import randomness
from cipslib.training import trainer as module
from cipslib.training.config import HardwareConfig
from cipslib.training.state import initial_state, update_ema
from cipslib.training.trainer import Trainer
from cipslib.utils.dataclass_from_dict import build

HARDWARE = build(HardwareConfig, TINY["hardware"], "hardware")


def replace_tensors(network: nn.Module, change: Callable, recurse: bool = True) -> nn.Module:
    """Module._apply, which cannot swap fake tensors, by new parameters."""
    with torch.no_grad():
        for each in network.modules():
            for tensors in (each._parameters, each._buffers):
                for name, tensor in tensors.items():
                    if tensor is not None:
                        moved = change(tensor)
                        learned = tensors is each._parameters
                        tensors[name] = nn.Parameter(moved) if learned else moved
    return network


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("model", ["cips", "noisy", "stylegan2", "patches", "cylinder"])
def test_a_step_keeps_to_the_gpu(model: str, precision: str, monkeypatch: pytest.MonkeyPatch):
    known = model if model in ("cips", "noisy", "stylegan2") else "cips"
    real = small_trainer(HARDWARE, model=known, precision=precision)
    monkeypatch.setattr(nn.Module, "_apply", replace_tensors)
    of_the_cpu = randomness.torch_stream  # CUDA's generator asks for a driver
    monkeypatch.setattr(module, "torch_stream", lambda *given: of_the_cpu(*given[:3]))
    gpu = torch.device("cuda")
    options = BatchOptions(16, flips=True, circumference=40 if model == "cylinder" else 0)
    images = np.zeros((32, 16, 16, 3), np.uint8)
    with FakeTensorMode(allow_non_fake_inputs=True):
        networks = real.state.generator.config, real.state.discriminator.config
        state = initial_state(*networks, real.config, gpu, HARDWARE)
        data = BatchLoader(images, 0, options, gpu)
        losses = Trainer(state, real.config, data, HARDWARE).step()
        assert {value.device.type for value in losses.values()} == {"cuda"}
        assert {each.device.type for each in state.generator_ema.parameters()} == {"cuda"}
    del SimpleNamespace, update_ema
