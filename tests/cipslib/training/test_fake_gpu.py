"""The losses on a GPU that is not there: a tensor left on the CPU is found by its device alone."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import TINY, small_trainer
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from cipslib.datasets import batches
from cipslib.datasets.batches import Batch, BatchOptions, make_batch
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.patches import PatchConfig
from cipslib.networks.randomness import BatchDraws, torch_stream
from cipslib.training import trainer
from cipslib.training.config import HardwareConfig
from cipslib.training.state import initial_state
from cipslib.training.trainer import Losses, Objective, Trainer
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
def test_the_losses_keep_to_the_gpu(model: str, precision: str, monkeypatch: pytest.MonkeyPatch):
    known = model if model in ("cips", "noisy", "stylegan2") else "cips"
    real = small_trainer(HARDWARE, model=known, precision=precision)
    monkeypatch.setattr(nn.Module, "_apply", replace_tensors)
    # CUDA's own generator asks for a driver.
    monkeypatch.setattr(trainer, "torch_stream", lambda *given: torch_stream(*given[:3]))
    monkeypatch.setattr(batches, "draw_dilation", lambda *_: 1)  # it reads a number, on the CPU
    gpu = torch.device("cuda")

    def batch(loader: BatchLoader, *draws: Any) -> Batch:  # of files there is none to be read
        images = torch.zeros(16, 16, 16, 3, dtype=torch.uint8, device=gpu)
        return make_batch(images, loader.options, BatchDraws(0, *draws))

    monkeypatch.setattr(BatchLoader, "batch", batch)
    patches = PatchConfig(8, (1,), "uniform", "nearest") if model == "patches" else None
    around = 40 if model == "cylinder" else 0
    options = BatchOptions(16, flips=True, patches=patches, circumference=around)
    seen = replace(real.state.discriminator.config, resolution=8 if patches else 16)

    def losses_alone(_: Trainer, optimizer: object, objectives: Iterable[Objective]) -> Losses:
        return {name: value for _, values in objectives for name, value in values.items()}

    monkeypatch.setattr(Trainer, "_update", losses_alone)
    with FakeTensorMode(allow_non_fake_inputs=True):
        state = initial_state(real.state.generator.config, seen, real.config, gpu, HARDWARE)
        data = BatchLoader(np.zeros((32, 16, 16, 3), np.uint8), 0, options, gpu)
        state.images_seen = real.config.batch_size  # no R1, whose gradient asks for a driver
        losses = Trainer(state, real.config, data, HARDWARE).step()
        assert {value.device.type for value in losses.values()} == {"cuda"}
        assert {each.device.type for each in state.generator_ema.parameters()} == {"cuda"}
