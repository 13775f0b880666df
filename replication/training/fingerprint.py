"""What a result depends on: parameters, data, code. A training is kept under their hash."""

import ast
import hashlib
import json
from dataclasses import asdict
from functools import cache
from typing import Any

from cipslib.networks.models import MODELS, model_name
from replication.profile.run import RunConfig
from replication.training.closure import import_closure, source_of

# What a training computes with: the trainer, and the split of its data, with all that they import.
ROOTS = ("cipslib.training.trainer", "cipslib.datasets.splits")
# Packages that no number is computed by: files, folders, and parameters, whose values are compared.
NO_NUMBER = ("cipslib.utils", "replication.profile", "replication.paths")
# Of a prepared data set's card: the array, what is trained on of it, and how.
DATA = "sha256 seed count held_out flips rotation".split()
# Parameters that may change while a run goes on: they change neither the steps nor the grids.
FREE = "total_images checkpoint_every_images checkpoints_kept online_eval stop_rules".split()


def run_identity(run: RunConfig, card: dict[str, Any]) -> dict[str, Any]:
    """Return it as JSON can hold it, so that two can be compared and their difference shown."""
    training = {k: v for k, v in asdict(run.training).items() if k not in FREE}
    model = model_name(run.generator)
    identity = {
        "model": model,
        "generator": asdict(run.generator),
        "discriminator": asdict(run.discriminator),
        "training": training,
        "data": {key: card[key] for key in DATA},
        "code": code_of_training(model),
    }
    return dict(json.loads(json.dumps(identity)))


def code_of_training(model: str) -> dict[str, str]:
    """Return a digest of each module that decides what a generator of this model learns."""
    # The class of a training's parameters decides nothing: its values enter the identity.
    return code_of(ROOTS, model, ("cipslib.utils", "cipslib.training.config"))


@cache  # a training asks for its identity at each checkpoint, and 21 runs of a profile share it
def code_of(
    roots: tuple[str, ...], model: str | None = None, without: tuple[str, ...] = NO_NUMBER
) -> dict[str, str]:
    """Return a digest of each module that ``roots`` are computed by, ``without`` some packages.

    ``model``: the one whose network is drawn or trained; None if it may be any.
    """
    modules = {config.__module__ for config in MODELS.values()}
    others = modules - {MODELS[model].__module__} if model else set()
    sources = {name: source_of(name) for name in sorted(import_closure(roots, {*without, *others}))}
    return {name: digest(meaning(file.read_text())) for name, file in sources.items() if file}


def meaning(source: str) -> str:
    """Return a source's syntax tree: a comment or a docstring changes nothing that is learned."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def digest(content: Any) -> str:
    """Return twelve digits for anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
