"""What a network costs: parameters, multiply-adds and activation memory, of any configuration.

Everything runs on PyTorch's meta device, which has shapes and no numbers: no memory is needed, and
no time to speak of, whatever the resolution.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from tabulate import tabulate  # type: ignore[import-untyped]
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.models import (
    AnyGenerator,
    AnyGeneratorConfig,
    build_generator,
    model_name,
)
from cipslib.presets import PRESETS, discriminator_preset, generator_preset, variant_name
from cipslib.utils.errors import check_one_of

AnyConfig = AnyGeneratorConfig | DiscriminatorConfig
AnyModel = AnyGenerator | Discriminator

DISCRIMINATOR = "discriminator"
NAMES = (*PRESETS, DISCRIMINATOR)
# Tab. 4's rows under the names of the presets. It counts at 256 px.
TABLE_4 = {"base": "CIPS-base", "ne": "CIPS-NE", "main": "CIPS-Default", "stylegan2": "StyleGANv2"}
TABLE_4_RESOLUTION = 256
TABLE_4_KEY = "paper_table_4_millions"

NONE = "–"  # in tables: no such part, or no such number in the paper


def preset(name: str, fidelity: str, resolution: int) -> AnyConfig:
    """The configuration of one of NAMES. Raises ValueError if there is none."""
    check_one_of(name, NAMES, "variant")
    if name == DISCRIMINATOR:
        return discriminator_preset(resolution)
    return generator_preset(name, fidelity, resolution)


def describe(config: AnyConfig) -> dict[str, Any]:
    """What a network has and costs, ready for JSON.

    - model: cips, stylegan2 or discriminator; variant: the column of Tab. 3, None if not CIPS
    - layers: modulated layers of CIPS, 3x3 convolutions of the others
    - parameters: how many there are, in total and by part
    - multiply_adds: for one image, from z to RGB or from RGB to score; those of matrix products and
      convolutions, the blur filters' included
    - training_activations_bytes: what autograd keeps of each image for the backward pass, in
      float32. What the images of a batch share (weights, encoding) is not in it.

    An image is the whole training grid; on a cylinder, all the way round.
    """
    # Whatever the caller has switched off: autograd is what keeps activations.
    with torch.inference_mode(False), torch.enable_grad(), torch.device("meta"):
        model = _build(config)
        multiply_adds, kept = _per_image(model)
        return {
            "model": _kind(config),
            "variant": _variant(config),
            "resolution": config.resolution,
            "layers": _layers(model),
            "parameters": {"total": _count(model), "by_part": _parts(model)},
            "multiply_adds": multiply_adds,
            "training_activations_bytes": kept,
        }


def describe_all(
    fidelity: str, resolution: int, table_4: Mapping[str, float]
) -> list[dict[str, Any]]:
    """``describe`` of each preset, and in ``paper_table_4_millions`` what the paper says or None.

    ``table_4`` has the rows of Tab. 4, in millions of parameters.
    """
    rows = []
    for name in NAMES:
        stated = None
        if resolution == TABLE_4_RESOLUTION and name in TABLE_4:
            stated = table_4[TABLE_4[name]]
        rows.append({**describe(preset(name, fidelity, resolution)), TABLE_4_KEY: stated})
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """``describe``'s dictionaries as text: a line for each network, then parameters by part.

    The paper's parameters stand beside if the dictionaries have them. 1 MB is 10^6 bytes.
    """
    return f"{_summary(rows)}\n\n{_by_part(rows)}"


def _summary(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = [
        ("model", [_label(row) for row in rows]),
        ("px", [str(row["resolution"]) for row in rows]),
        ("layers", [str(row["layers"]) for row in rows]),
        ("parameters (M)", [f"{row['parameters']['total'] / 1e6:.3f}" for row in rows]),
        ("multiply-adds (G)", [f"{row['multiply_adds'] / 1e9:.3f}" for row in rows]),
        (
            "activations (MB)",
            [f"{row['training_activations_bytes'] / 1e6:.1f}" for row in rows],
        ),
    ]
    if any(TABLE_4_KEY in row for row in rows):
        stated = [row.get(TABLE_4_KEY) for row in rows]
        paper = [NONE if millions is None else f"{millions}" for millions in stated]
        columns.insert(4, ("paper, Tab. 4 (M)", paper))
    return _aligned(columns)


def _by_part(rows: Sequence[Mapping[str, Any]]) -> str:
    counts = [row["parameters"]["by_part"] for row in rows]
    parts = list(dict.fromkeys(part for by_part in counts for part in by_part))
    columns = [("parameters (M)", parts)]
    for row, by_part in zip(rows, counts, strict=True):
        present = [by_part.get(part) for part in parts]
        columns.append((_label(row), [f"{n / 1e6:.3f}" if n else NONE for n in present]))
    return _aligned(columns)


def _aligned(columns: Sequence[tuple[str, list[str]]]) -> str:
    """Columns and their headers: the first to the left, numbers to the right."""
    headers, cells = zip(*columns, strict=True)
    align = ["left"] + (len(columns) - 1) * ["right"]
    lines = list(zip(*cells, strict=True))
    return tabulate(lines, headers=headers, disable_numparse=True, colalign=align)


def _label(row: Mapping[str, Any]) -> str:
    return str(row["variant"] or row["model"])


def _kind(config: AnyConfig) -> str:
    return DISCRIMINATOR if isinstance(config, DiscriminatorConfig) else model_name(config)


def _variant(config: AnyConfig) -> str | None:
    return variant_name(config.variant) if isinstance(config, GeneratorConfig) else None


def _build(config: AnyConfig) -> AnyModel:
    if isinstance(config, DiscriminatorConfig):
        return Discriminator(config)
    return build_generator(config)


def _layers(model: AnyModel) -> int:
    if isinstance(model, Discriminator):
        return 2 * len(model.blocks) + 1
    return model.config.layers


def _parts(model: AnyModel) -> dict[str, int]:
    """Parameters of each part. The projections to RGB stand inside CIPS's blocks."""
    if isinstance(model, Discriminator):
        return {
            "from_rgb": _count(model.from_rgb),
            "blocks": _count(model.blocks),
            "final": _count(model.final_conv, model.final_linear, model.score),
        }
    if not isinstance(model, Generator):
        return {
            "mapping": _count(model.mapping),
            "constant": model.constant.numel(),
            "convolutions": _count(*model.convs),
            "to_rgb": _count(model.to_rgb),
        }
    to_rgb = _count(*(block.to_rgb for block in model.blocks))
    return {
        "mapping": _count(model.mapping),
        "fourier": _count(model.fourier),
        "embedding": _count(model.embedding),
        "layers": _count(model.first, *model.blocks) - to_rgb,
        "to_rgb": to_rgb,
    }


def _count(*modules: nn.Module | None) -> int:
    """How many parameters the modules have together."""
    present = [module for module in modules if module is not None]
    return sum(p.numel() for module in present for p in module.parameters())


def _per_image(model: AnyModel) -> tuple[int, int]:
    """Multiply-adds, and bytes kept for the backward pass, that each image adds to a batch.

    The discriminator's batches are whole groups of its ``minibatch_stddev``.
    """
    group = model.config.stddev_group if isinstance(model, Discriminator) else 1
    multiply_adds, kept = _of_batch(model, group)
    more_multiply_adds, more_kept = _of_batch(model, 2 * group)
    return (more_multiply_adds - multiply_adds) // group, round((more_kept - kept) / group)


def _of_batch(model: AnyModel, batch: int) -> tuple[int, int]:
    """``_per_image``'s for a forward pass of a batch, parameters included.

    Memory is known by its storage, so that views and results in place do not count again.
    """
    storages: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        storages[id(storage)] = storage  # held, so that no other one gets its id

    counter = FlopCounterMode(display=False)
    with counter, torch.autograd.graph.saved_tensors_hooks(keep, _never_unpacked):
        _forward(model, batch)
    multiply_adds = counter.get_total_flops() // 2  # it counts multiplications and additions
    return multiply_adds, sum(storage.nbytes() for storage in storages.values())


def _never_unpacked(_: None) -> Tensor:
    raise AssertionError("there is no backward pass here")


def _forward(model: AnyModel, batch: int) -> None:
    """A forward pass as in training, with noise where the generator has it."""
    if isinstance(model, Discriminator):
        channels = model.from_rgb.weight.shape[1]
        model(torch.empty(batch, channels, model.config.resolution, model.config.resolution))
    else:
        model(torch.empty(batch, model.config.style_dim), noise=_MetaNoise())


class _MetaNoise(torch.Generator):
    """PyTorch has no random numbers on the meta device; with this, noise is shapes there, too."""

    device = torch.device("meta")
