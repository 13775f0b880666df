"""The authors' checkpoints (.pt): each of their tensors to one of ours."""

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cipslib.networks.files import load_tensors, save_generator
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.models import AnyGenerator, AnyGeneratorConfig, build_generator
from cipslib.networks.stylegan2 import StyleGAN2Generator
from cipslib.presets import VARIANTS, generator_preset
from cipslib.utils.errors import UserError

State = dict[str, Tensor]


def import_release(source: Path, target: Path) -> Path:
    """Read a file of the authors, ``source``, write ours to ``target``; return ``target``.

    ``source`` may hold the moving average's state alone, under "g_ema", or in a whole training
    state; of CIPSskip, CIPSres or StyleGAN2, as wide as they published them. Raises UserError if it
    is anything else: the message names the file and the first key that is off.
    """
    state = read_release(source)
    save_generator(target, convert(state, _published_config(state, source), source))
    return target


def read_release(path: Path) -> State:
    """Return the moving average's tensors in a .pt file, of which no code can run.

    Raises UserError, naming the file, if it holds anything else.
    """
    state = load_tensors(path)
    if isinstance(state, dict) and "g_ema" in state:
        state = state["g_ema"]
    if not isinstance(state, dict) or not state:
        raise UserError(f"{path} holds no state of a generator")
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise UserError(f"{path}: {key} is no name of a tensor")
        if value.dtype != torch.float32:
            raise UserError(f"{path}: {key} is of type {value.dtype}, not torch.float32")
        if not value.isfinite().all():
            raise UserError(f"{path}: {key} has values that are not finite")
    return dict(state)


def convert(state: State, config: AnyGeneratorConfig, path: Path) -> AnyGenerator:
    """Return our generator of ``config`` with the tensors of a released one.

    Raises UserError, naming ``path`` and the first key that is off, if it is another network.
    """
    model = released_model(state, path)
    wanted = VARIANTS.get(model)
    if wanted != (config.variant if isinstance(config, GeneratorConfig) else None):
        raise UserError(f"{path} is of the variant {model}")
    generator = build_generator(config)
    generator.load_state_dict(to_ours(state, generator, path))
    return generator.requires_grad_(False).eval()


def released_model(state: State, path: Path) -> str:
    """Return which of PRESETS a state is of: main (CIPSskip), residual (CIPSres) or stylegan2."""
    if "input.input" in state:
        return "stylegan2"
    if "lff.ffm.conv.weight" not in state:
        raise UserError(f"{path} is neither CIPSskip, CIPSres nor StyleGAN2's generator")
    return "residual" if "linears.1.conv1.conv.weight" in state else "main"


def _published_config(state: State, path: Path) -> AnyGeneratorConfig:
    """Return the configuration of what the authors published, at the state's resolution."""
    model = released_model(state, path)
    if model == "stylegan2":
        levels = {key.split(".")[1] for key in state if key.startswith("to_rgbs.")}
        return generator_preset(model, "release", 4 * 2 ** len(levels))
    if "emb.input" not in state:
        raise UserError(f"{path}: emb.input is missing")
    try:
        return generator_preset(model, "release", state["emb.input"].shape[-1])
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def to_ours(state: Mapping[str, Tensor], network: AnyGenerator, path: Path) -> State:
    """Return a released state under our names. Raises UserError if a key is unknown or missing."""
    keys = released_keys(network)
    filters = released_filters(network)
    known = {*keys.values(), *filters}
    for key in state:
        if key not in known:
            raise UserError(f"{path}: {key} is unknown")
    for key in (*keys.values(), *filters):
        if key not in state:
            raise UserError(f"{path}: {key} is missing")
    for key, kernel in filters.items():
        if state[key].shape != kernel.shape or not torch.allclose(state[key].float(), kernel):
            raise UserError(f"{path}: {key} is another filter than [1, 3, 3, 1]")
    return {
        name: _to_ours(state[keys[name]], name, ours, f"{path}: {keys[name]}")
        for name, ours in network.state_dict().items()
    }


def _to_ours(theirs: Tensor, name: str, ours: Tensor, where: str) -> Tensor:
    """Return a released tensor in the shape of ours, which has fewer axes of size 1.

    Their linear layers are 1 x 1 convolutions, their embedding is (features, rows, columns) and
    ours (pixels, features).
    """
    embedding = name == "embedding.table"
    wanted = ours.T.unflatten(1, 2 * (math.isqrt(len(ours)),)) if embedding else ours
    if theirs.squeeze().shape != wanted.squeeze().shape:
        raise UserError(
            f"{where} is of shape {tuple(theirs.shape)}, not, but for axes of size 1, "
            f"{tuple(wanted.shape)}"
        )
    shaped = theirs.reshape(wanted.shape)
    return shaped.flatten(1).T.contiguous() if embedding else shaped


def released_keys(network: AnyGenerator) -> dict[str, str]:
    """Return by our names where the released code keeps the same numbers."""
    keys = {
        f"mapping.layers.{i}.{part}": f"style.{i + 1}.{part}"
        for i in range(network.config.mapping_layers)
        for part in ("weight", "bias")
    }
    own = _cips_keys(network) if isinstance(network, Generator) else _stylegan2_keys(network)
    ours = network.state_dict()
    return {name: key for name, key in (keys | own).items() if name in ours}


def _modulated_keys(ours: str, theirs: str) -> dict[str, str]:
    return {
        f"{ours}.weight": f"{theirs}.weight",
        f"{ours}.affine.weight": f"{theirs}.modulation.weight",
        f"{ours}.affine.bias": f"{theirs}.modulation.bias",
    }


def _cips_keys(network: Generator) -> dict[str, str]:
    keys = {
        "fourier.weight": "lff.ffm.conv.weight",
        "fourier.bias": "lff.ffm.conv.bias",
        "embedding.table": "emb.input",
    }

    def layer(ours: str, theirs: str) -> dict[str, str]:
        return _modulated_keys(f"{ours}.modulated", f"{theirs}.conv") | {
            f"{ours}.modulated.bias": f"{theirs}.activate.bias",
            f"{ours}.noise_strength": f"{theirs}.noise.weight",
        }

    residual = network.config.variant.residual
    keys |= layer("first", "linears.0" if residual else "conv1")
    for i in range(len(network.blocks)):
        for j in range(2):
            theirs = f"linears.{i + 1}.conv{j + 1}" if residual else f"linears.{2 * i + j}"
            keys |= layer(f"blocks.{i}.layers.{j}", theirs)
        keys[f"blocks.{i}.skip.weight"] = f"linears.{i + 1}.skip.0.weight"
        theirs = "to_rgb_last" if residual else f"to_rgbs.{i}"
        keys |= _modulated_keys(f"blocks.{i}.to_rgb", f"{theirs}.conv")
        keys[f"blocks.{i}.to_rgb.bias"] = f"{theirs}.bias"
    return keys


def _stylegan2_keys(network: StyleGAN2Generator) -> dict[str, str]:
    keys = {"constant": "input.input"}
    for i in range(network.config.layers):
        theirs = f"convs.{i - 1}" if i else "conv1"
        keys |= _modulated_keys(f"convs.{i}.modulated", f"{theirs}.conv")
        keys[f"convs.{i}.bias"] = f"{theirs}.activate.bias"
        keys[f"convs.{i}.noise_strength"] = f"{theirs}.noise.weight"
        keys[f"convs.{i}.stored"] = f"noises.noise_{i}"
    for i in range(len(network.to_rgb)):
        theirs = f"to_rgbs.{i - 1}" if i else "to_rgb1"
        keys |= _modulated_keys(f"to_rgb.{i}.modulated", f"{theirs}.conv")
        keys[f"to_rgb.{i}.bias"] = f"{theirs}.bias"
    return keys


def released_filters(network: AnyGenerator) -> State:
    """Return the fixed filters that a released state holds too, and ours makes anew."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps) / taps.sum().square()
    if isinstance(network, StyleGAN2Generator):
        levels = range(len(network.to_rgb) - 1)
        names = [f"convs.{2 * i}.conv.blur" for i in levels]
        names += [f"to_rgbs.{i}.upsample" for i in levels]
        return {f"{name}.kernel": 4 * kernel for name in names}
    return {}
