"""Trained generators to share: a folder, or a model of that form on the Hugging Face hub."""

import re
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch

from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import AnyGenerator, model_name
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write

WEIGHTS, CARD = "model.safetensors", "README.md"  # the hub's own names
HUB_SOURCE = re.compile(r"hub:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
MODEL_CARD = """---
library_name: cipslib
pipeline_tag: unconditional-image-generation
---

# {model}, {resolution} px

A generator of cipslib, the replication of *Image Generators with Conditionally-Independent Pixel
Synthesis* (CVPR 2021): `G = cipslib.from_pretrained("this folder, or hub:OWNER/NAME")`, then
`cipslib.sample(G, 4, seed=0, resolution=256)`.

Say here what it was trained on, for how many images, and by which commit.
"""


def save_pretrained(generator: AnyGenerator, folder: Path) -> None:
    """Write the weights and a card to complete; a card that there is is kept."""
    save_generator(folder / WEIGHTS, generator)
    about = {"model": model_name(generator.config), "resolution": generator.config.resolution}
    if not (folder / CARD).exists():
        with atomic_write(folder / CARD) as temporary:
            temporary.write_text(MODEL_CARD.format_map(about))


def from_pretrained(source: str | Path, device: torch.device | str = "cpu") -> AnyGenerator:
    """Load a generator from a file, a folder of ``save_pretrained``, or the hub.

    The hub's: "hub:OWNER/NAME" or "hub:OWNER/NAME@REVISION". Raises UserError if none is there.
    """
    if match := HUB_SOURCE.fullmatch(str(source)):
        return load_generator(_download(match[1], match[2]), device)
    path = Path(source)
    return load_generator(path / WEIGHTS if (path / WEIGHTS).is_file() else path, device)


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    endpoint = urlsplit(constants.ENDPOINT)
    port = endpoint.port or {"http": 80}.get(endpoint.scheme, 443)
    try:  # offline the hub's client would try for 23 s
        kept = try_to_load_from_cache(repository, WEIGHTS, revision=revision)
        if not (isinstance(kept, str) or getproxies().keys() & {endpoint.scheme, "all"}):
            create_connection((endpoint.hostname, port), timeout=3).close()
        return Path(hf_hub_download(repository, WEIGHTS, revision=revision))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"cannot get {WEIGHTS} of {repository} from the hub: {reason}") from error
