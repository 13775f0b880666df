"""Save and load a run's whole state. Safetensors, never pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cipslib.networks.files import load_tensors_and_about, read_about, save_tensors
from cipslib.training.state import TrainingState
from cipslib.utils.differences import differences
from cipslib.utils.errors import UserError


def save_state(path: Path, state: TrainingState, identity: Mapping[str, Any]) -> None:
    """Everything needed to go on. ``identity`` says what is being trained (see ``load_state``)."""
    tensors: dict[str, Tensor] = {}
    for part in ("generator", "discriminator", "average"):
        for key, value in getattr(state, part).state_dict().items():
            tensors[f"{part}/{key}"] = value
    for part in ("generator_optimizer", "discriminator_optimizer"):
        for index, moments in getattr(state, part).state_dict()["state"].items():
            for key, value in moments.items():
                tensors[f"{part}/{index}/{key}"] = value
    about = {
        "kind": "training state",
        "images_seen": state.images_seen,
        "seconds": state.seconds,
        "environment": state.environment,
        "watch": state.watch,
        "losses": state.losses,
        "identity": identity,
    }
    save_tensors(path, tensors, about)


def read_identity(path: Path) -> dict[str, Any]:
    """What the run was of which a checkpoint holds the state. Raises UserError naming the file."""
    identity: dict[str, Any] = read_about(path, "training state")["identity"]
    return identity


def load_state(path: Path, state: TrainingState, identity: Mapping[str, Any]) -> None:
    """Fill ``state`` with what was saved. Raises UserError if that was another run's."""
    tensors, about = load_tensors_and_about(path, "training state")
    saved, wanted = about["identity"], json.loads(json.dumps(identity))
    if saved != wanted:
        changed = "; ".join(differences(saved, wanted))
        raise UserError(f"{path} belongs to another run ({changed}): start over with --fresh")
    for part in ("generator", "discriminator", "average"):
        getattr(state, part).load_state_dict(_below(tensors, f"{part}/"))
    for part in ("generator_optimizer", "discriminator_optimizer"):
        optimizer = getattr(state, part)
        parameters = optimizer.param_groups[0]["params"]
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in _below(tensors, f"{part}/").items():
            index, name = key.split("/")
            if name != "step":
                # Fused Adam goes through memory, and takes for granted that both lie alike there.
                value = torch.empty_like(parameters[int(index)]).copy_(value)
            moments.setdefault(int(index), {})[name] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
    state.images_seen, state.seconds = about["images_seen"], about["seconds"]
    state.environment = about["environment"]
    state.watch, state.losses = about["watch"], about["losses"]


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
