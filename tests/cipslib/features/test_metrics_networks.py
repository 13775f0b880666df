"""Networks: what they see of images, beside the packages that they are taken from."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cleanfid import fid
from cleanfid.inception_torchscript import InceptionV3W
from conftest import random_images, refused
from PIL import Image
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from cipslib.features.extractors import EXTRACTORS, Network, RandomFeatures
from cipslib.metrics.image_features import extract_features
from cipslib.metrics.image_files import FORMATS, through_file

CPU = torch.device("cpu")


def smooth_images(count: int, size: int, seed: int) -> np.ndarray:
    """Smooth random colours: neighbouring pixels resemble each other, as in photographs."""
    coarse = map(Image.fromarray, random_images(count, 5, seed=seed))
    return np.stack([np.asarray(image.resize((size, size))) for image in coarse])


def network(name: str, path: Path) -> Network:
    extractor = EXTRACTORS[name]
    return Network(name, extractor, extractor.build(path).eval(), None, CPU)


def test_features_are_those_of_clean_fids_folders(
    weights_file: Callable[[str], Path], tmp_path: Path
):
    """clean-fid's own way: PNG files in a folder."""
    scripted = weights_file("inception")
    images = smooth_images(6, 320, 0)
    for i, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{i:03d}.png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = InceptionV3W(str(scripted.parent), False, False)
        theirs = fid.get_folder_features(
            str(tmp_path), model, num_workers=0, device=CPU, mode="clean", verbose=False
        )
    ours = network("inception-clean", scripted).features(images)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * theirs.max())


@pytest.mark.parametrize("size", [(32, 32), (300, 400)])
def test_features_are_torch_fidelitys(weights_file, size: tuple[int, int]):
    images, fidelity = random_images(3, *size), weights_file("inception-fidelity")
    given = {"feature_extractor_weights_path": str(fidelity)}
    theirs = FeatureExtractorInceptionV3("inception", ["2048"], **given)
    (expected,) = theirs(torch.from_numpy(images).permute(0, 3, 1, 2))
    found = network("inception-fidelity", fidelity).features(images)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-4 * expected.abs().max())


# --- files between


def test_png_changes_nothing_and_jpeg_what_pillow_changes(tmp_path: Path):
    images = smooth_images(3, 32, 0)
    np.testing.assert_array_equal(through_file(images, "png"), images)
    assert through_file(images, None) is images
    Image.fromarray(images[1]).save(tmp_path / "x.jpg", quality=85)
    expected = np.asarray(Image.open(tmp_path / "x.jpg"))
    found = through_file(images, "jpeg")
    np.testing.assert_array_equal(found[1], expected)
    assert (found != images).any()
    assert FORMATS["jpeg85"][:2] == ("jpeg", "png")


# --- a set of images


RANDOM = Network("random", EXTRACTORS["random"], RandomFeatures(), None, CPU)


def test_random_features_are_the_protocol():
    """Fixed for ever: a changed network would silently change every number."""
    ramp = np.arange(2 * 32 * 32 * 3, dtype=np.uint32).reshape(2, 32, 32, 3) * 7 % 251
    features = RANDOM.features(ramp.astype(np.uint8))
    assert features.shape == (2, RandomFeatures.DIM)
    assert features.sum() == pytest.approx(FEATURE_SUM, rel=1e-4)


FEATURE_SUM = 224.14136


def test_a_described_set_is_the_same_in_any_batches():
    images = smooth_images(30, 16, 0)
    divided = [np.array_split(images, parts) for parts in (1, 4)]
    one, other = (extract_features([RANDOM], parts, 30, CPU)[0] for parts in divided)
    torch.testing.assert_close(one.values, other.values)
    for part, same in zip(one.parts, other.parts, strict=True):
        torch.testing.assert_close(part.scatter, same.scatter)


@pytest.mark.parametrize(
    ("sizes", "count", "message"),
    [
        ((16, 20), 6, r"images 3 and on are of \(20, 20, 3\), others of"),
        ((16, 16), 5, "more than the 5 images"),
        ((16, 16), 7, "there are 6 images, 7 were asked for"),
    ],
)
def test_a_set_of_other_images_than_announced_is_refused(sizes, count: int, message: str):
    images = [smooth_images(3, size, 0) for size in sizes]
    refused(message, extract_features, [RANDOM], images, count, CPU)


def test_features_that_are_not_finite_are_refused():
    module = RandomFeatures()
    module.kernels[0].data[0] = torch.nan
    damaged = Network("random", EXTRACTORS["random"], module, None, CPU)
    refused("some features of random are not finite", damaged.features, random_images(2, 16))
    refused("no images", RANDOM.features, random_images(0, 16))
