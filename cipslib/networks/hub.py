"""Trained generators to share: a folder, or a model of that form on the Hugging Face hub."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import AnyGenerator, model_name
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write, read_json, write_json

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"  # the hub's own names
ON_THE_HUB = re.compile(r"hub:([\w.-]+/[\w.-]+)(@[\w./-]+)?")
MODEL_CARD = """---
library_name: cipslib
pipeline_tag: unconditional-image-generation
---

# {model}, {resolution} px

A generator of cipslib, the replication of *Image Generators with Conditionally-Independent Pixel
Synthesis* (CVPR 2021). Draw with it:

```python
from cipslib.hub import from_pretrained
from cipslib.synthesis import sample

pictures = sample(from_pretrained("this folder, or hub:OWNER/NAME"), count=4, seed=0)
```

Say here what it was trained on, for how many images, by which commit, and how it was measured.
"""


def save_pretrained(generator: AnyGenerator, folder: Path) -> None:
    """Weights, configuration and a card to complete, as the hub expects them. The card, if there
    is one, is kept.
    """
    name, resolution = model_name(generator.config), generator.config.resolution
    save_generator(folder / WEIGHTS, generator)
    write_json(folder / CONFIG, _config(generator))
    if not (folder / CARD).exists():
        with atomic_write(folder / CARD) as temporary:
            temporary.write_text(MODEL_CARD.format(model=name, resolution=resolution))


def from_pretrained(source: str | Path, device: torch.device | str = "cpu") -> AnyGenerator:
    """A generator from a file, a folder of ``save_pretrained``, or the hub: "hub:OWNER/NAME".

    "hub:OWNER/NAME@REVISION" asks for a revision. Raises UserError if there is none, or it cannot
    be reached.
    """
    if match := ON_THE_HUB.fullmatch(str(source)):
        return load_generator(_download(match[1], match[2]), device)
    path = Path(source)
    if not (path / WEIGHTS).is_file():
        return load_generator(path, device)
    generator = load_generator(path / WEIGHTS, device)
    if (path / CONFIG).is_file() and read_json(path / CONFIG) != _config(generator):
        raise UserError(f"{path / CONFIG} is not the configuration of {path / WEIGHTS}: remove it")
    return generator


def _config(generator: AnyGenerator) -> dict[str, Any]:
    config = generator.config
    return json.loads(json.dumps({"model": model_name(config), **asdict(config)}))


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    try:
        path = hf_hub_download(repository, WEIGHTS, revision=revision and revision[1:])
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"cannot get {WEIGHTS} of {repository} from the hub: {reason}") from error
    return Path(path)
