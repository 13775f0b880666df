"""What a network costs (Tab. 4): parameters, multiply-adds and activation memory.

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
    """Return the configuration of one of NAMES. Raises ValueError if there is none."""
    check_one_of(name, NAMES, "variant")
    if name == DISCRIMINATOR:
        return discriminator_preset(resolution)
    return generator_preset(name, fidelity, resolution)


def describe(config: AnyConfig) -> dict[str, Any]:
    """Return what a network has and costs, ready for JSON.

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
        if isinstance(config, DiscriminatorConfig):
            discriminator = Discriminator(config)
            model: AnyModel = discriminator
            name = DISCRIMINATOR
            layers = 2 * len(discriminator.blocks) + 1
        else:
            model = build_generator(config)
            name = model_name(config)
            layers = config.layers
        variant = variant_name(config.variant) if isinstance(config, GeneratorConfig) else None
        multiply_adds, kept = _per_image(model)
        return {
            "model": name,
            "variant": variant,
            "resolution": config.resolution,
            "layers": layers,
            "parameters": {"total": _count(model), "by_part": _parts(model)},
            "multiply_adds": multiply_adds,
            "training_activations_bytes": kept,
        }


def describe_all(
    fidelity: str, resolution: int, table_4: Mapping[str, float]
) -> list[dict[str, Any]]:
    """``describe`` each preset, and in ``paper_table_4_millions`` say what the paper does or None.

    ``table_4`` has the rows of Tab. 4, in millions of parameters.
    """
    stated = {}
    if resolution == TABLE_4_RESOLUTION:
        stated = {name: table_4[row] for name, row in TABLE_4.items()}
    return [
        {**describe(preset(name, fidelity, resolution)), TABLE_4_KEY: stated.get(name)}
        for name in NAMES
    ]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return ``describe``'s dictionaries as text: a line for each network, then each part.

    The paper's parameters stand beside if the dictionaries have them. 1 MB is 10^6 bytes.
    """
    has_paper = any(TABLE_4_KEY in row for row in rows)
    summary = [
        {
            "model": _label(row),
            "px": row["resolution"],
            "layers": row["layers"],
            "parameters (M)": _millions(row["parameters"]["total"]),
            **({"paper, Tab. 4 (M)": row.get(TABLE_4_KEY) or NONE} if has_paper else {}),
            "multiply-adds (G)": f"{row['multiply_adds'] / 1e9:.3f}",
            "activations (MB)": f"{row['training_activations_bytes'] / 1e6:.1f}",
        }
        for row in rows
    ]
    counts = {_label(row): row["parameters"]["by_part"] for row in rows}
    parts = dict.fromkeys(part for by_part in counts.values() for part in by_part)
    by_part = [
        {"parameters (M)": part, **{name: _millions(of.get(part)) for name, of in counts.items()}}
        for part in parts
    ]
    return f"{_aligned(summary)}\n\n{_aligned(by_part)}"


def _millions(count: int | None) -> str:
    return f"{count / 1e6:.3f}" if count else NONE


def _aligned(lines: list[dict[str, Any]]) -> str:
    """Return lines below their keys: the first column to the left, numbers to the right."""
    align = ["left"] + (len(lines[0]) - 1) * ["right"]
    return str(tabulate(lines, headers="keys", disable_numparse=True, colalign=align))


def _label(row: Mapping[str, Any]) -> str:
    return str(row["variant"] or row["model"])


def _parts(model: AnyModel) -> dict[str, int]:
    """Count the parameters of each part. The projections to RGB stand inside CIPS's blocks."""
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
    """Return how many parameters the modules have together."""
    present = [module for module in modules if module is not None]
    return sum(p.numel() for module in present for p in module.parameters())


def _per_image(model: AnyModel) -> tuple[int, int]:
    """Return the multiply-adds, and bytes kept for the backward pass, that each image adds.

    The discriminator's batches are whole groups of its ``minibatch_stddev``.
    """
    group = model.config.stddev_group if isinstance(model, Discriminator) else 1
    multiply_adds, kept = _of_batch(model, group)
    more_multiply_adds, more_kept = _of_batch(model, 2 * group)
    return (more_multiply_adds - multiply_adds) // group, round((more_kept - kept) / group)


def _of_batch(model: AnyModel, batch: int) -> tuple[int, int]:
    """Return the same for a forward pass of a whole batch, parameters included.

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
