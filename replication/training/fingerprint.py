"""What a run's result depends on: parameters, data, code. Its progress is kept under their hash."""

import ast
import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import cipslib
from cipslib.networks.models import model_name
from replication.profile.profile import RunConfig

# The modules that decide what is learned: among the `deps` of dvc.yaml's train stage, as a test
# checks.
CODE = (
    "networks/coordinates networks/layers networks/generator "
    "networks/conv2d_gradfix networks/convolutions networks/discriminator networks/stylegan2 "
    "networks/models networks/randomness training/losses training/precision training/state "
    "training/trainer training/distributed datasets/patches datasets/augment datasets/batches "
    "datasets/loader datasets/splits"
).split()
# Of a prepared data set's card: the array, what is trained on of it, and how.
DATA = "sha256 seed count held_out flips rotation".split()
# Parameters that may change while a run goes on: they change neither the steps nor the grids.
FREE = "total_images checkpoint_every_images checkpoints_kept judge watch logs".split()


def run_identity(run: RunConfig, card: dict[str, Any]) -> dict[str, Any]:
    """As JSON can hold it, so that two can be compared and their difference shown."""
    training = {k: v for k, v in asdict(run.training).items() if k not in FREE}
    folder = Path(cipslib.__file__).parent
    identity = {
        "model": model_name(run.generator),
        "generator": asdict(run.generator),
        "discriminator": asdict(run.discriminator),
        "training": training,
        "data": {key: card[key] for key in DATA},
        "code": {m: _digest_of_module((folder / f"{m}.py").read_text()) for m in CODE},
    }
    plain: dict[str, Any] = json.loads(json.dumps(identity))
    return plain


@cache  # a training asks for its identity at each checkpoint
def _digest_of_module(source: str) -> str:
    return digest(meaning(source))


def meaning(source: str) -> str:
    """What Python makes of a module: a comment or a docstring changes nothing that is learned."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def digest(content: Any) -> str:
    """Twelve digits for anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
