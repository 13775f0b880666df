"""The authors' checkpoint format: what is read, exactly, and what is refused."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import SMALL_GENERATOR, away_from_start, refused
from networks import to_release
from torch import Tensor

from cipslib.networks.models import AnyGenerator, build_generator
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.presets import VARIANTS
from replication.released.convert import convert, read_release

WIDTHS = {"block_widths": (6, 4), "fourier_dim": 3, "embedding_dim": 5, "style_dim": 7}
SKIP = replace(SMALL_GENERATOR, resolution=8, fourier_bias=True, noise=True, **WIDTHS)
RESIDUAL = replace(SKIP, variant=VARIANTS["residual"])
CONVOLUTIONAL = StyleGAN2Config(16, 48, 6, style_dim=7, mapping_layers=2)
OF_SHAPE = r"linears.1.conv.weight is of shape \(1, 6, 5, 1, 1\), not, but for .* 1, \(6, 6\)"
OF_FILTER = r"convs.0.conv.blur.kernel is another filter than \[1, 3, 3, 1\]"
CONFIGS = {"CIPSskip": SKIP, "CIPSres": RESIDUAL, "StyleGAN2": CONVOLUTIONAL}


@pytest.fixture(params=CONFIGS)
def generator(request: pytest.FixtureRequest) -> AnyGenerator:
    torch.manual_seed(0)
    return away_from_start(build_generator(CONFIGS[request.param]), 1.0)


def styled(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of the released code's modulated layer, as read there."""
    return {
        f"{name}.conv.weight": (1, outputs, inputs, 1, 1),
        f"{name}.conv.modulation.weight": (inputs, 7),
        f"{name}.conv.modulation.bias": (inputs,),
        f"{name}.noise.weight": (1,),
        f"{name}.activate.bias": (outputs,),
    }


def to_rgb(name: str, inputs: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.conv.weight": (1, 3, inputs, 1, 1),
        f"{name}.conv.modulation.weight": (inputs, 7),
        f"{name}.conv.modulation.bias": (inputs,),
        f"{name}.bias": (1, 3, 1, 1),
    }


ENCODING = {
    "lff.ffm.conv.weight": (3, 2, 1, 1),
    "lff.ffm.conv.bias": (3,),
    "emb.input": (1, 5, 8, 8),
    "style.1.weight": (7, 7),
    "style.1.bias": (7,),
    "style.2.weight": (7, 7),
    "style.2.bias": (7,),
}
KEYS = {
    "CIPSskip": ENCODING
    | styled("conv1", 8, 6)
    | styled("linears.0", 6, 6)
    | styled("linears.1", 6, 6)
    | to_rgb("to_rgbs.0", 6)
    | styled("linears.2", 6, 4)
    | styled("linears.3", 4, 4)
    | to_rgb("to_rgbs.1", 4),
    "CIPSres": ENCODING
    | styled("linears.0", 8, 6)
    | styled("linears.1.conv1", 6, 6)
    | styled("linears.1.conv2", 6, 6)
    | styled("linears.2.conv1", 6, 4)
    | styled("linears.2.conv2", 4, 4)
    | {"linears.2.skip.0.weight": (4, 6, 1, 1)}
    | to_rgb("to_rgb_last", 4),
}


@pytest.mark.parametrize("name", KEYS)
def test_names_and_shapes_are_those_of_the_released_code(name: str):
    state = to_release(build_generator(CONFIGS[name]))
    assert {key: tuple(value.shape) for key, value in state.items()} == KEYS[name]


@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "training state"])
def test_a_round_trip_is_exact(generator: AnyGenerator, wrapped: bool, tmp_path: Path):
    """Authors' format -> ours -> authors': every number, and the images."""
    state = to_release(generator)
    file = tmp_path / "authors.pt"
    torch.save({"g_ema": state, "g": {}, "d_optim": {"state": {}}} if wrapped else state, file)
    ours = convert(read_release(file), generator.config, file)
    for name, value in generator.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name
    z = torch.randn(2, 7)
    generator.requires_grad_(False)  # as the other one: products may go another way with gradients
    torch.testing.assert_close(ours(z), generator(z))
    back = to_release(ours)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("config", "key", "change", "message"),
    [
        (SKIP, "linears.1.conv.wieght", lambda _: torch.ones(1), "wieght is unknown"),
        (SKIP, "linears.3.noise.weight", None, "linears.3.noise.weight is missing"),
        (SKIP, "linears.1.conv.weight", lambda weight: weight[:, :, :5], OF_SHAPE),
        (SKIP, "conv1.noise.weight", lambda _: 3, "conv1.noise.weight is no name of a tensor"),
        (SKIP, "conv1.activate.bias", Tensor.double, "is of type torch.float64, not torch.float32"),
        (SKIP, "linears.0.activate.bias", lambda bias: bias * float("nan"), "bias has values that"),
        (SKIP, 7, lambda _: torch.ones(1), "7 is no name of a tensor"),
        (CONVOLUTIONAL, "convs.0.conv.blur.kernel", lambda _: torch.ones(4, 4), OF_FILTER),
    ],
)
def test_an_entry_that_is_off_is_named(config, key, change, message: str, tmp_path: Path):
    state = to_release(build_generator(config))
    before = state.pop(key, None)
    entry = {} if change is None else {key: change(before)}
    is_refused(state | entry, message, tmp_path, config)


def test_a_state_of_another_network_or_of_none_is_refused(tmp_path: Path):
    state, residual = (to_release(build_generator(config)) for config in (SKIP, RESIDUAL))
    is_refused({}, "holds no state of a generator", tmp_path)
    is_refused(state | residual, "of the variant residual", tmp_path)
    without = {key: value for key, value in state.items() if "lff" not in key}
    is_refused(without, "is neither CIPSskip", tmp_path)


def is_refused(content: object, message: str, folder: Path, config: object = SKIP) -> None:
    file = folder / "authors.pt"
    torch.save(content, file)
    assert file.name in refused(message, lambda: convert(read_release(file), config, file))


class Bomb:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_pickle_that_asks_for_code_runs_none(tmp_path: Path, tmp_path_factory):
    mark = tmp_path_factory.mktemp("bomb") / "mark"
    pickle.loads(pickle.dumps(Bomb(mark)))
    assert mark.exists(), "the bomb works"
    mark.unlink()
    message = "is no checkpoint of tensors alone, and was not opened"
    is_refused({"g_ema": Bomb(mark)}, message, tmp_path)
    assert not mark.exists()


@pytest.mark.parametrize("share", [0.0, 0.99])
def test_a_torn_file_or_none_is_refused(share: float, tmp_path: Path):
    file = tmp_path / "authors.pt"
    torch.save(to_release(build_generator(SKIP)), file)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    refused(r"authors\.pt is not a whole checkpoint", read_release, file)
    refused(r"nothing\.pt does not exist", read_release, tmp_path / "nothing.pt")
