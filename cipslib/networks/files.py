"""Save and load a trained generator. Safetensors, never pickle."""

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from cipslib.networks.models import MODELS, AnyGenerator, build_generator, model_name
from cipslib.utils.dataclass_from_dict import build
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write


class TornFileError(UserError):
    """A file that is not whole."""


METADATA = "cipslib"  # the key of our entry in the files' headers


def save_generator(path: Path, generator: AnyGenerator) -> None:
    """Write weights and configuration in one file."""
    config = generator.config
    about = {"kind": "generator", "model": model_name(config), "config": asdict(config)}
    save_tensors(path, generator.state_dict(), about)


def load_generator(path: Path, device: torch.device | str = "cpu") -> AnyGenerator:
    """Return the generator as it was saved, ready to draw. Raises UserError naming the file."""
    tensors, about = load_tensors_and_about(path, "generator")
    if about.get("model") not in [*MODELS]:
        raise UserError(
            f"{path} holds no model that this program knows (it says: {about.get('model')}); an "
            "earlier version wrote others: train it again"
        )
    try:
        config = build(MODELS[about["model"]], about.get("config"), "config")
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
    generator = build_generator(config)
    load_strictly(generator, tensors, path)
    return generator.to(device).requires_grad_(False).eval()


def load_strictly(module: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Fill ``module``. Raises UserError naming ``path`` and the first key that is off."""
    shapes = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    for key, value in tensors.items():
        if key not in shapes:
            raise UserError(f"{path}: {key} is unknown to this model")
        if tuple(value.shape) != shapes[key]:
            raise UserError(f"{path}: {key} is of shape {tuple(value.shape)}, not {shapes[key]}")
        if not value.is_floating_point():
            raise UserError(f"{path}: {key} is of type {value.dtype}, not a floating-point number")
    for key in shapes:
        if key not in tensors:
            raise UserError(f"{path}: {key} is missing")
    module.load_state_dict(tensors)


def fingerprint(module: nn.Module) -> str:
    """Return twelve digits that tell networks with other weights or sizes apart."""
    digest = hashlib.sha256()
    for key, value in module.state_dict().items():
        digest.update(f"{key} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def load_tensors(path: Path) -> Any:
    """Return what a .pt file holds, if that is tensors and containers: no code in it can run.

    Raises UserError, naming it, if it is missing, torn or holds anything else.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # its own text advises to run what is in the file
        raise UserError(f"{path} is no checkpoint of tensors alone, and was not opened") from error
    except Exception as error:  # torch raises whatever a torn file leads to
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"{path} is not a whole checkpoint: {reason}") from error


def save_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors with ``about`` as the one metadata entry: the order of several would change."""
    owned = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    metadata = {METADATA: json.dumps(about)}
    with atomic_write(path) as temporary:
        try:
            save_file(owned, temporary, metadata=metadata)
        except SafetensorError as error:  # how safetensors reports an OSError
            raise OSError(str(error)) from error


def load_tensors_and_about(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return what ``save_tensors`` wrote. Raises UserError, naming the file, if it is not that."""
    if path.is_dir():
        raise UserError(f"{path} is a folder: name the generator.safetensors in it")
    if not path.is_file():
        raise UserError(f"{path} does not exist: mend the path, or train the run (cips train)")
    about = read_about(path, kind)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise TornFileError(f"{path} is not a whole safetensors file ({error})") from error
    return tensors, about


def read_about(path: Path, kind: str) -> dict[str, Any]:
    """Return the entry in the file's header, without reading its tensors."""
    try:
        with safe_open(path, framework="pt") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {}).get(METADATA, "{}"))
    except SafetensorError as error:
        raise TornFileError(f"{path} is not a whole safetensors file ({error})") from error
    if about.get("kind") != kind:
        raise UserError(f"{path} holds no {kind} of this program")
    return about
