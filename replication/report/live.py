"""What the live page draws: generators, and the course of a training, as a script of its own."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import torch

from cipslib.networks.files import load_generator
from cipslib.sampling.browser import pack_for_browser
from cipslib.utils.errors import UserError
from replication.claims.evidence import Judged
from replication.profile.profile import Profile
from replication.profile.run import RunConfig


def live_script(profile: Profile, claims: Sequence[Judged]) -> str:
    """Return theme/live/live/packed.js: the profile's main run, with its training, and the first
    panorama; or why one of them is missing. ``claims``: those of claims.json.
    """
    verdicts = {claim["code"]: (claim["verdict"], claim["says"]) for claim in claims}
    packed: dict[str, Any] = {"missing": {}, "verdicts": verdicts}
    runs = profile.runs.items()
    panoramas = (name for name, run in runs if getattr(run.generator, "circumference", 0))
    for kind, name in (("main", profile.main), ("panorama", next(panoramas, ""))):
        if name in profile.runs:
            packed |= _pack(profile, profile.runs[name], kind, packed["missing"])
        else:
            packed["missing"][kind] = f"the profile {profile.name} has no such run."
    return f"Object.assign(CIPS.packed, {json.dumps(packed, sort_keys=True)});\n"


def _pack(profile: Profile, run: RunConfig, kind: str, missing: dict[str, str]) -> dict[str, Any]:
    generator = load_generator(profile.paths.generator(run.name), torch.device("cpu"))
    try:
        packed: dict[str, Any] = {kind: pack_for_browser(generator)}
    except UserError as error:
        missing[kind] = f"run {run.name}: {error}."
        return {}
    if kind == "main":
        grids = sorted(profile.paths.grids(run.name).glob("*.png"))
        size = f"{run.generator.resolution} px, after {run.length_text} images of {run.dataset}"
        packed["about"] = f"The images are of {run.name}, {size}; profile {profile.name}."
        if run.imported is not None:
            missing["training"] = f"run {run.name} was trained elsewhere."
            return packed
        packed["training"] = {
            "log": (profile.paths.log(run.name) / "log.jsonl").read_text(),
            "grids": {int(grid.stem): b64encode(grid.read_bytes()).decode() for grid in grids},
        }
    return packed
