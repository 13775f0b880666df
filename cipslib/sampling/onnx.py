"""A CIPS generator as two ONNX graphs: mapping.onnx, z -> w; synthesis.onnx, (w, coords) -> rgb."""

import copy
import json
import warnings
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cipslib import __version__
from cipslib.networks.files import METADATA
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator, model_name
from cipslib.sampling.latents import sample_latents
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_folder
from cipslib.utils.shapes import Float

MAPPING, SYNTHESIS = "mapping.onnx", "synthesis.onnx"
PACKAGES = ("onnx", "onnxscript", "onnxruntime")  # of the extra "export"
TOLERANCE = 1e-4  # of colours in [-1, 1]: an eightieth of a step of 8 bits
CHECKED_BATCH = 3
CHECKED_PIXELS = (1, 200)
EXAMPLE_BATCH, EXAMPLE_PIXELS = 2, 5  # the exporter would take a size of 1 for a constant


class SynthesisGraph(nn.Module):
    """``Generator.synthesis`` for one style an image and coordinates, as a module of its own."""

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    def forward(
        self, w: Float[Tensor, "batch style"], coords: Float[Tensor, "pixels 2"]
    ) -> Float[Tensor, "batch pixels 3"]:
        return self.generator.synthesis(w, coords)


def export_onnx(generator: AnyGenerator, folder: Path) -> Path:
    """Write both graphs, float32, into ``folder``, which appears once they are whole and checked.

    Coordinates are (x, y) in [-1, 1], on the grid or off it (bilinear), colours about [-1, 1].
    Batch and pixels are free. Each graph holds the configuration in its metadata.

    Raises UserError for a generator without coordinates, a folder with other files in it, a missing
    package, a full disk, or a graph that differs from torch by more than TOLERANCE.
    """
    if not isinstance(generator, Generator):
        raise UserError(
            f"a generator of model {model_name(generator.config)} has no coordinates: "
            "only a CIPS generator can be exported"
        )
    _require_packages()
    _check_replaceable(folder)
    plain = _plain(generator)
    w = torch.zeros(EXAMPLE_BATCH, plain.config.style_dim)
    coords = torch.zeros(EXAMPLE_PIXELS, 2)
    with atomic_folder(folder) as temporary:
        z = {"z": (w, "batch")}
        _write(plain.mapping, z, "w", temporary / MAPPING, generator)
        inputs = {"w": (w, "batch"), "coords": (coords, "pixels")}
        _write(SynthesisGraph(plain), inputs, "rgb", temporary / SYNTHESIS, generator)
        difference = check_onnx(temporary, generator)
        if not difference <= TOLERANCE:  # not a number is no agreement
            raise UserError(
                f"the exported graphs differ from torch by {difference:.1e}, more than the "
                f"{TOLERANCE:.0e} allowed: nothing was written; try another version of onnxscript "
                "or onnxruntime"
            )
    return folder


def check_onnx(folder: Path, generator: Generator) -> float:
    """Return the largest difference of both graphs, run by onnxruntime on the CPU, to torch.

    Over CHECKED_BATCH and each of CHECKED_PIXELS, with pixels on the training grid and off it.
    """
    mapping = _session(folder / MAPPING)
    synthesis = _session(folder / SYNTHESIS)
    plain = _plain(generator)
    z = sample_latents(CHECKED_BATCH, plain.config.style_dim, seed=0)
    w = plain.mapping(z)
    differences = [_run(mapping, z=z) - w]
    for pixels in CHECKED_PIXELS:
        coords = _coords(plain.grid, pixels)
        differences.append(_run(synthesis, w=w, coords=coords) - plain.synthesis(w, coords))
    return float(torch.stack([difference.abs().max() for difference in differences]).max())


def _require_packages() -> None:
    for package in PACKAGES:
        if find_spec(package) is None:
            raise UserError(f"the export needs {package}: pip install {' '.join(PACKAGES)}")


def _check_replaceable(folder: Path) -> None:
    """Raise UserError if the folder, replaced as a whole, holds more than an earlier export."""
    others = {path.name for path in folder.glob("*")} - {MAPPING, SYNTHESIS}
    if others:
        raise UserError(
            f"{folder} holds {min(others)}, which is no export: name a folder of its own"
        )


def _plain(generator: Generator) -> Generator:
    """Return a copy in float32 on the CPU, to compute with only."""
    return copy.deepcopy(generator).float().cpu().requires_grad_(False).eval()


def _write(
    module: nn.Module,
    inputs: dict[str, tuple[Tensor, str]],
    output: str,
    path: Path,
    generator: Generator,
) -> None:
    """Export ``module``; ``inputs``: an example of each, and the name of its free first axis."""
    about = {
        "kind": path.stem,
        "model": model_name(generator.config),
        "config": asdict(generator.config),
        "version": __version__,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own deprecations; check_onnx judges the outcome
        program = torch.onnx.export(
            module,
            tuple(example for example, _ in inputs.values()),
            input_names=list(inputs),
            output_names=[output],
            dynamic_shapes=tuple({0: torch.export.Dim(axis)} for _, axis in inputs.values()),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    for node in program.model.graph:
        node.metadata_props.clear()  # stack traces with this machine's paths
    program.model.metadata_props[METADATA] = json.dumps(about)
    program.save(path, external_data=False)


def _coords(grid: Float[Tensor, "_ 2"], count: int) -> Float[Tensor, "{count} 2"]:
    """Return coordinates, every other one on the training grid, the rest anywhere."""
    random = np.random.default_rng(count)
    coords = torch.from_numpy(random.uniform(-1, 1, (count, 2)).astype(np.float32))
    coords[1::2] = grid[torch.from_numpy(random.integers(0, len(grid), count // 2))]
    return coords


def _session(path: Path) -> Any:
    onnxruntime = import_module("onnxruntime")  # untyped
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # fatal ones alone
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _run(session: Any, **inputs: Tensor) -> Tensor:
    (output,) = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    return torch.from_numpy(output)
