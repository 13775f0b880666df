"""Save and load a run's whole state. Safetensors, never pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cipslib.networks.files import load_tensors_and_about, save_tensors
from cipslib.training.state import TrainingState
from cipslib.utils.differences import differences
from cipslib.utils.errors import UserError

KIND = "training state"
NETWORKS = ("generator", "discriminator", "generator_ema")
OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")
PROGRESS = ("images_seen", "seconds", "environment", "monitor", "losses")


def save_state(path: Path, state: TrainingState, identity: Mapping[str, Any]) -> None:
    """Write all that a run goes on from; ``identity`` says what is trained (see ``load_state``)."""
    tensors: dict[str, Tensor] = {}
    for name in NETWORKS:
        for key, value in getattr(state, name).state_dict().items():
            tensors[f"{name}/{key}"] = value
    for name in OPTIMIZERS:
        for index, moments in getattr(state, name).state_dict()["state"].items():
            for key, value in moments.items():
                tensors[f"{name}/{index}/{key}"] = value
    progress = {name: getattr(state, name) for name in PROGRESS}
    save_tensors(path, tensors, {"kind": KIND, **progress, "identity": identity})


def load_state(path: Path, state: TrainingState, identity: Mapping[str, Any]) -> None:
    """Fill ``state`` with what was saved. Raises UserError if that was another run's."""
    tensors, about = load_tensors_and_about(path, KIND)
    saved, wanted = about["identity"], json.loads(json.dumps(identity))
    if saved != wanted:
        changed = "; ".join(differences(saved, wanted))
        raise UserError(f"{path} belongs to another run ({changed}): start over with --fresh")
    for name in NETWORKS:
        getattr(state, name).load_state_dict(_below(tensors, f"{name}/"))
    for name in OPTIMIZERS:
        _load_optimizer(getattr(state, name), _below(tensors, f"{name}/"))
    for name in PROGRESS:
        setattr(state, name, about[name])


def _load_optimizer(optimizer: torch.optim.Adam, tensors: Mapping[str, Tensor]) -> None:
    parameters = optimizer.param_groups[0]["params"]
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split("/")
        if name != "step":
            # Fused Adam goes through memory, and takes for granted that both lie alike there.
            value = torch.empty_like(parameters[int(index)]).copy_(value)
        moments.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
