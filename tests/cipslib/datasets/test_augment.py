"""Crops, rotations and mirroring, pixel by pixel."""

import math

import torch

from cipslib.datasets.augment import gather_pixels, rot90, rotated_crops, to_colours


def noise(count: int, height: int, width: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randint(256, (count, height, width, 3), generator=random, dtype=torch.uint8)


def located(count: int, height: int, width: int) -> torch.Tensor:
    """Images whose red is the row and whose green the column of each pixel."""
    images = torch.zeros(count, height, width, 3, dtype=torch.uint8)
    images[..., 0] = torch.arange(height)[:, None]
    images[..., 1] = torch.arange(width)
    return images


def test_pixels_are_taken_where_each_images_rows_and_columns_cross():
    images = noise(3, 5, 7)
    rows, columns = torch.tensor([[0, 4], [1, 1], [3, 2]]), torch.tensor([[6, 0, 1]] * 3)
    taken = gather_pixels(images, rows, columns)
    for image in range(3):
        for i in range(2):
            for j in range(3):
                expected = images[image, rows[image, i], columns[image, j]]
                assert torch.equal(taken[image, i, j], expected)


def test_rotations_by_right_angles_are_quarter_turns():
    """A square as large as the image, which cannot move: the angles' sense and their centre."""
    images, turns = noise(4, 6, 6), torch.arange(4)
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
    for measured, expected in (
        (right[..., 0], sin),
        (right[..., 1], cos),
        (down[..., 0], cos),
        (down[..., 1], -sin),
    ):
        assert (measured - expected).abs().max() <= 0.1001


def test_beyond_the_border_the_image_goes_on_as_its_mirror_image():
    """A square as large as the image, by 45 degrees: its corners lie outside."""
    side = 17
    result = rotated_crops(
        located(1, side, side), torch.tensor([math.pi / 4]), torch.ones(1, 2), side
    )
    middle, diagonal = (side - 1) / 2, (side - 1) / math.sqrt(2)
    outside = middle + diagonal - (side - 1)  # how far the right corner lies beyond the last column
    right_corner = result[0, 0, -1, :2]  # anticlockwise: the upper right pixel comes from the right
    assert right_corner.tolist() == [round(middle), round(side - 1 - outside)]


def test_colours_reach_from_minus_one_to_one_in_equal_steps():
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).expand(-1, -1, -1, 3)
    colours = to_colours(levels)
    assert colours.shape == (1, 3, 16, 16)
    expected = torch.linspace(-1, 1, 256).reshape(16, 16).expand(1, 3, 16, 16)
    torch.testing.assert_close(colours, expected)
    assert colours.min() == -1 and colours.max() == 1
