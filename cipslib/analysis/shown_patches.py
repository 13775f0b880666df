"""What a discriminator of patches sees (App. C), as the loader of a training cuts it."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from cipslib.datasets.batches import BatchOptions, patch_indices
from cipslib.datasets.loader import BatchLoader
from cipslib.networks.randomness import BatchDraws
from cipslib.sampling.synthesis import to_bytes
from cipslib.utils.shapes import UInt8

FADED = 0.75  # how far to white a pixel goes that is not seen


@dataclass(frozen=True)
class ShownPatch:
    """A real image, and what of it a training on patches shows to the discriminator."""

    size: int  # K
    dilation: int  # tau
    marked: UInt8[np.ndarray, "h w 3"]  # the image; pixels that are not seen are faded
    patch: UInt8[np.ndarray, "size size 3"]


def shown_patches(
    images: UInt8[np.ndarray, "count height width 3"], options: BatchOptions, seed: int = 0
) -> list[ShownPatch]:
    """Cut the first image of a run's data once for each of its dilations; ``options``: the run's.

    The batches of a training draw their dilation at random; here each is asked for by itself, and
    everything else (order, crop, mirroring, corner) is drawn as in the batch of that seed. Raises
    ValueError for a run that is not trained on patches of the plane.
    """

    def first(chosen: BatchOptions) -> UInt8[np.ndarray, "h w 3"]:
        batch = BatchLoader(images, seed, chosen, torch.device("cpu")).batch(0, 1)
        return to_bytes(batch.images[0].permute(1, 2, 0)).numpy()

    patches = options.patches
    if patches is None or options.circumference:
        raise ValueError("there are no patches of the plane to be shown")
    whole = first(replace(options, patches=None))
    found = []
    for dilation in patches.dilations:
        alone = replace(options, patches=replace(patches, dilations=(dilation,)))
        rows, columns = patch_indices(alone, BatchDraws(seed, 0, 1, torch.arange(1)))
        seen = np.ix_(rows[0].numpy(), columns[0].numpy())
        marked = np.rint(whole + FADED * (255.0 - whole)).astype(np.uint8)
        marked[seen] = whole[seen]
        found.append(ShownPatch(patches.size, dilation, marked, first(alone)))
    return found
