"""Pixels do not know of each other; a generator whose pixels do is found out."""

import pytest
from conftest import small_generator

from cipslib.analysis.equivalence import coordinate_jacobian, equivalence_checks
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import sample_w


def test_all_variants_are_independent(generator: Generator):
    w = sample_w(generator, 2, seed=0)
    for check in equivalence_checks(generator, w, pixels=36):
        assert check.largest < 1e-10, check
        assert check.pixels > 0


def test_a_cylinder_and_styles_by_layer_and_by_pixel():
    cylinder = small_generator(circumference=10)
    w = sample_w(cylinder, 2, seed=0)
    assert all(check.largest < 1e-10 for check in equivalence_checks(cylinder, w, pixels=30))
    layered = w[:, None].repeat(1, cylinder.config.layers, 1)
    assert all(check.largest < 1e-10 for check in equivalence_checks(cylinder, layered, pixels=30))


class Averaging(Generator):
    """Subtracts the mean over the pixels, as an instance norm does."""

    def synthesis(self, *arguments, **options):
        colours = super().synthesis(*arguments, **options)
        return colours - colours.mean(dim=1, keepdim=True)


class Neighbouring(Generator):
    """Adds the colour of the pixel before, as a convolution does."""

    def synthesis(self, *arguments, **options):
        colours = super().synthesis(*arguments, **options)
        return colours + colours.roll(1, dims=1)


@pytest.mark.parametrize("dependent", [Averaging, Neighbouring])
def test_pixels_that_know_of_each_other_are_found_out(dependent: type[Generator]):
    plain = small_generator()
    generator = dependent(plain.config).double()
    generator.load_state_dict(plain.state_dict())
    generator.grid = plain.grid
    w = sample_w(generator, 1, seed=0)
    largest = {check.name: check.largest for check in equivalence_checks(generator, w, pixels=30)}
    unaffected = {"the pixels in another order"} if dependent is Averaging else set()
    for name, difference in largest.items():
        assert (difference > 0.1) == (name not in unaffected), (name, difference)
    assert coordinate_jacobian(generator, w, pixels=5).others > 1e-3


def test_the_derivative_by_others_is_nothing_at_all(generator: Generator):
    found = coordinate_jacobian(generator, sample_w(generator, 2, seed=0), pixels=6)
    assert found.others == 0
    assert found.own > 1e-3
