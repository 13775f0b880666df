"""The authors' checkpoint format: what is read, exactly, and what is refused."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from networks import to_release
from torch import Tensor

from cipslib.networks.generator import GeneratorConfig
from cipslib.networks.models import AnyGenerator, build_generator
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.presets import VARIANTS
from cipslib.utils.errors import UserError
from replication.released.convert import convert, read_release

SKIP = GeneratorConfig(
    resolution=8,
    variant=VARIANTS["main"],
    block_widths=(6, 4),
    fourier_dim=3,
    embedding_dim=5,
    style_dim=7,
    mapping_layers=2,
    fourier_bias=True,
    noise=True,
    circumference=0,
)
RESIDUAL = GeneratorConfig(**{**vars(SKIP), "variant": VARIANTS["residual"]})
CONVOLUTIONAL = StyleGAN2Config(
    resolution=16, channel_base=48, channel_max=6, style_dim=7, mapping_layers=2
)
CONFIGS = {"CIPSskip": SKIP, "CIPSres": RESIDUAL, "StyleGAN2": CONVOLUTIONAL}


def away_from_initial(network: torch.nn.Module) -> torch.nn.Module:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter))
    return network


@pytest.fixture(params=CONFIGS)
def generator(request: pytest.FixtureRequest) -> AnyGenerator:
    torch.manual_seed(0)
    return away_from_initial(build_generator(CONFIGS[request.param]))


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


def changed(key: str, change: Callable[[Tensor], object]) -> Callable[[dict], None]:
    """A spoiler of one entry of a state."""
    return lambda state: state.update({key: change(state[key])})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda state: state.update({"linears.9.conv.wieght": state["conv1.conv.weight"]}),
            "linears.9.conv.wieght is unknown",
        ),
        (lambda state: state.pop("linears.3.noise.weight"), "linears.3.noise.weight is missing"),
        (
            changed("linears.1.conv.weight", lambda weight: weight[:, :, :5]),
            r"linears.1.conv.weight is of shape \(1, 6, 5, 1, 1\), not, but for .* 1, \(6, 6\)",
        ),
        (changed("conv1.noise.weight", lambda _: 3), "conv1.noise.weight is no name of a tensor"),
        (
            changed("conv1.activate.bias", Tensor.double),
            "conv1.activate.bias is of type torch.float64, not torch.float32",
        ),
        (
            changed("linears.0.activate.bias", lambda bias: bias * float("nan")),
            "linears.0.activate.bias has values that are not finite",
        ),
        (lambda state: state.update({7: state["conv1.activate.bias"]}), "7 is no name of a tensor"),
        (lambda state: state.clear(), "holds no state of a generator"),
        (
            lambda state: state.update(to_release(build_generator(RESIDUAL))),
            "of the variant residual",
        ),
        (lambda state: [state.pop(key) for key in [*state] if "lff" in key], "is neither CIPSskip"),
    ],
)
def test_what_is_off_is_named(spoil, message: str, tmp_path: Path):
    state = to_release(build_generator(SKIP))
    spoil(state)
    refused(state, message, tmp_path)


def refused(content: object, message: str, folder: Path, config: object = SKIP) -> None:
    torch.save(content, folder / "authors.pt")
    with pytest.raises(UserError, match=message) as error:
        convert(read_release(folder / "authors.pt"), config, folder / "authors.pt")
    assert "authors.pt" in str(error.value)
    assert "\n" not in str(error.value)


def test_another_filter_is_refused(tmp_path: Path):
    state = to_release(build_generator(CONVOLUTIONAL))
    state["convs.0.conv.blur.kernel"] = torch.ones(4, 4)
    refused(
        state,
        r"convs.0.conv.blur.kernel is another filter than \[1, 3, 3, 1\]",
        tmp_path,
        CONVOLUTIONAL,
    )


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
    refused(
        {"g_ema": Bomb(mark)}, "is no checkpoint of tensors alone, and was not opened", tmp_path
    )
    assert not mark.exists()


@pytest.mark.parametrize("share", [0.0, 0.99])
def test_a_torn_file_is_refused(share: float, tmp_path: Path):
    file = tmp_path / "authors.pt"
    torch.save(to_release(build_generator(SKIP)), file)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"authors\.pt is not a whole checkpoint"):
        read_release(file)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"nothing\.pt does not exist"):
        read_release(tmp_path / "nothing.pt")
