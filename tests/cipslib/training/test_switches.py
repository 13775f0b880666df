"""Each switch of speed and precision against the plain path: the same gradients, within a stated
tolerance (relative, of all of a network's together).
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from conftest import REPOSITORY, python, small_trainer
from safetensors.torch import load_file
from step_gradients import gradients

from cipslib.training.config import DEFAULT_HARDWARE

MODELS = ["cips", "noisy", "stylegan2"]
ROUNDING = 1e-5
# Of bfloat16's 8 bits a product keeps two digits. The networks here are 8 wide, and part of the
# difference is leaky ReLUs on the other side of their kink.
HALF = 0.15
ALIKE = 0.99  # cosine


def furthest(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[k] - other[k]).norm() / other[k].norm()) for k in one)


@cache
def plain_gradients(model: str) -> dict[str, torch.Tensor]:
    return gradients(small_trainer(DEFAULT_HARDWARE, model=model))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("switch", ["channels_last", "fused_adam", "activation_checkpointing"])
def test_a_switch_of_hardware_leaves_the_gradients(model: str, switch: str):
    switched = small_trainer(replace(DEFAULT_HARDWARE, **{switch: True}), model=model)
    assert furthest(gradients(switched), plain_gradients(model)) <= ROUNDING


def test_the_switches_do_something():
    """Each reaches what it names."""
    switches = ("channels_last", "fused_adam", "activation_checkpointing")
    trainer = small_trainer(replace(DEFAULT_HARDWARE, **dict.fromkeys(switches, True)))
    assert trainer.state.generator.activation_checkpointing
    assert not trainer.state.generator_ema.activation_checkpointing
    weight = trainer.state.discriminator.final_conv.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert trainer.state.generator_optimizer.param_groups[0]["fused"]


@pytest.mark.parametrize("model", MODELS)
def test_bfloat16_products_keep_two_digits_of_the_gradients(model: str):
    plain = plain_gradients(model)
    half = gradients(small_trainer(DEFAULT_HARDWARE, model=model, precision="bf16"))
    assert ROUNDING < furthest(half, plain) < HALF
    for name, gradient in half.items():
        assert torch.cosine_similarity(gradient, plain[name], dim=0) > ALIKE, name


def test_the_penalty_and_the_average_stay_in_float32():
    """The penalty of the first step is the plain one's; all that is kept is float32."""
    plain, half = small_trainer(DEFAULT_HARDWARE), small_trainer(DEFAULT_HARDWARE, precision="bf16")
    torch.testing.assert_close(plain.step()["r1"], half.step()["r1"], rtol=1e-6, atol=0)
    state = half.state
    kept = [*state.generator.parameters(), *state.discriminator.parameters()]
    kept += [*state.generator_ema.parameters()]
    assert {p.dtype for p in kept} == {torch.float32}


def test_tensor_float_32_is_used_where_it_is_asked_for():
    def allowed() -> tuple[bool, bool]:
        return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    small_trainer(DEFAULT_HARDWARE, precision="tf32")
    assert allowed() == (True, True)
    small_trainer(DEFAULT_HARDWARE)  # torch itself would let convolutions use it
    assert allowed() == (False, False)


def test_a_run_may_change_its_switches(tmp_path: Path):
    """What fused Adam has saved goes on without it, and the other way round."""
    from cipslib.training.checkpoints import load_state, save_state

    fused, plain = replace(DEFAULT_HARDWARE, fused_adam=True, channels_last=True), DEFAULT_HARDWARE
    for before, after in ((fused, plain), (plain, fused)):
        first, second = small_trainer(before), small_trainer(after)
        first.step()
        first.state.monitor = {"gaps": 3}
        save_state(tmp_path / "state.safetensors", first.state, {})
        load_state(tmp_path / "state.safetensors", second.state, {})
        assert second.state.monitor == {"gaps": 3}
        assert furthest(gradients(second), gradients(first)) <= ROUNDING


def test_compiled_networks_have_the_plain_ones_gradients(tmp_path: Path):
    """In a process of its own: the tests' type checks cannot be compiled."""
    file = tmp_path / "compiled.safetensors"
    python(REPOSITORY / "tests" / "step_gradients.py", file)
    assert furthest(load_file(file), plain_gradients("cips")) <= ROUNDING
