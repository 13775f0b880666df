"""What a network costs (Tab. 4): parameters, layers and multiply-adds.

Everything runs on PyTorch's meta device, which has shapes and no numbers: no memory is needed, and
no time to speak of, whatever the resolution.
"""

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.networks.generator import GeneratorConfig
from cipslib.networks.models import AnyGenerator, AnyGeneratorConfig, build_generator, model_name
from cipslib.presets import PRESETS, discriminator_preset, generator_preset, variant_name
from cipslib.utils.errors import check_one_of

AnyConfig = AnyGeneratorConfig | DiscriminatorConfig
AnyModel = AnyGenerator | Discriminator

DISCRIMINATOR = "discriminator"
NAMES = (*PRESETS, DISCRIMINATOR)
# Tab. 4's rows under the names of the presets. It counts at 256 px.
TABLE_4 = {"base": "CIPS-base", "ne": "CIPS-NE", "main": "CIPS-Default", "stylegan2": "StyleGANv2"}
TABLE_4_RESOLUTION = 256


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
    - parameters: how many there are
    - multiply_adds: for one image, from z to RGB or from RGB to score; those of matrix products and
      convolutions, the blur filters' included

    An image is the whole training grid; on a cylinder, all the way round.
    """
    with torch.device("meta"):
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
        return {
            "model": name,
            "variant": variant,
            "resolution": config.resolution,
            "layers": layers,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "multiply_adds": _multiply_adds(model),
        }


def _multiply_adds(model: AnyModel) -> int:
    """Return the multiply-adds that each image of a batch adds: the encoding is shared.

    The discriminator's batches are whole groups of its ``minibatch_stddev``.
    """
    group = model.config.stddev_group if isinstance(model, Discriminator) else 1
    return (_of_batch(model, 2 * group) - _of_batch(model, group)) // group


def _of_batch(model: AnyModel, batch: int) -> int:
    with FlopCounterMode(display=False) as counter:
        if isinstance(model, Discriminator):
            channels = model.from_rgb.weight.shape[1]
            model(torch.empty(batch, channels, model.config.resolution, model.config.resolution))
        else:
            model(torch.empty(batch, model.config.style_dim))
    return counter.get_total_flops() // 2  # it counts multiplications and additions
