"""`cips project`: the w whose image is nearest to a given one."""

import sys
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from cipslib.networks.hub import from_pretrained
from cipslib.sampling.projection import (
    ProjectionConfig,
    perceptual_weights,
    perceptual_weights_path,
    project,
    vgg16_features,
)
from cipslib.sampling.synthesis import image_size, save_image
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from replication.datasets.decode import read_image


def project_file(
    checkpoint: str, picture: Path, out: Path, device: str, options: dict[str, Any]
) -> str:
    """Write style.safetensors (its w), projected.png and target.png below ``out``.

    Says aloud whether the loss has VGG16's features or, without its weights, colours alone.
    ``options`` are those of ProjectionConfig.
    """
    config = ProjectionConfig(**options)
    generator = from_pretrained(checkpoint, choose_device(device))
    height, width = image_size(generator)
    if height != width:
        raise UserError(f"{checkpoint} draws {height} x {width} pixels: no picture is cut to that")
    target = read_image(picture, generator.config.resolution)
    weights = perceptual_weights()
    if weights is None:
        print(
            f"loss: colours alone; with VGG16's weights at {perceptual_weights_path()}, its "
            "features too",
            file=sys.stderr,
        )
    else:
        print(f"loss: colours, and VGG16's features ({weights})", file=sys.stderr)
    features = None if weights is None else vgg16_features(weights, choose_device(device))
    found = project(generator, target, config, features, progress=True)
    with atomic_write(out / "style.safetensors") as temporary:
        save_file({"w": found.w.contiguous()}, temporary)
    about = {
        "generator": checkpoint,
        "target": str(picture),
        "settings": str(config),
        "psnr": f"{found.psnr:.2f} dB",
    }
    save_image(out / "target.png", target, {"source": str(picture)})
    save_image(out / "projected.png", found.picture, about)
    return f"{out}: PSNR {found.psnr:.1f} dB"
