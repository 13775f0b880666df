"""Crops, rotations and mirroring, pixel by pixel."""

import math

import torch
from conftest import random_images

from cipslib.datasets.augment import rot90, rotated_crops


def located(count: int, height: int, width: int) -> torch.Tensor:
    """Images whose red is the row and whose green the column of each pixel."""
    images = torch.zeros(count, height, width, 3, dtype=torch.uint8)
    images[..., 0] = torch.arange(height)[:, None]
    images[..., 1] = torch.arange(width)
    return images


def test_rotations_by_right_angles_are_quarter_turns():
    """A square as large as the image, which cannot move: the angles' sense and their centre."""
    images, turns = torch.from_numpy(random_images(4, 6)), torch.arange(4)
    places = torch.full((4, 2), 0.3)
    result = rotated_crops(images, turns * math.pi / 2, places, 6)
    assert torch.equal(result, rot90(images, turns))


def test_upright_squares_begin_at_their_place():
    """From the first corner to the last; places between pixels are blends, rounded."""
    places = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.5, 0.25]])
    result = rotated_crops(located(3, 8, 12), torch.zeros(3), places, 4)
    assert result[:, 0, 0, :2].tolist() == [[0, 0], [4, 8], [2, 2]]
    assert result[:, 3, 3, :2].tolist() == [[3, 3], [7, 11], [5, 5]]


def test_a_rotated_square_stays_within_the_image_where_it_can():
    """Its pixels lie on a rotated grid of step one: nothing is reflected, nothing scaled."""
    count, size = 50, 9
    random = torch.Generator().manual_seed(1)
    angles = 2 * math.pi * torch.rand(count, generator=random)
    places = torch.rand(count, 2, generator=random)
    images = located(count, 16, 20)
    images[..., :2] *= 10  # so that rounding to whole levels hides little
    found = rotated_crops(images, angles, places, size)[..., :2].double() / 10
    down, right = found[:, 1:] - found[:, :-1], found[:, :, 1:] - found[:, :, :-1]
    cos, sin = angles.cos()[:, None, None].double(), angles.sin()[:, None, None].double()
    for step, rows, columns in ((right, sin, cos), (down, cos, -sin)):
        assert (step[..., 0] - rows).abs().max() <= 0.1001
        assert (step[..., 1] - columns).abs().max() <= 0.1001


def test_beyond_the_border_the_image_goes_on_as_its_mirror_image():
    """A square as large as the image, by 45 degrees: its corners lie outside."""
    side, angle = 17, torch.tensor([math.pi / 4])
    result = rotated_crops(located(1, side, side), angle, torch.ones(1, 2), side)
    middle, diagonal = (side - 1) / 2, (side - 1) / math.sqrt(2)
    outside = middle + diagonal - (side - 1)  # how far the right corner lies beyond the last column
    right_corner = result[0, 0, -1, :2]  # anticlockwise: the upper right pixel comes from the right
    assert right_corner.tolist() == [round(middle), round(side - 1 - outside)]
