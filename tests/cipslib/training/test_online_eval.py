"""The evaluation while training: right at the ends, repeatable, shared, and without a trace."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from conftest import small_generator
from distances import frechet_distance

from cipslib.features.extractors import Network, load_network
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.synthesis import sample
from cipslib.training.online_eval import Diversity, OnlineEvaluator
from cipslib.utils.errors import UserError

SIZE = 6  # of conftest's small generator


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load_network("random", tmp_path_factory.mktemp("weights"))


def random_images(count: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def evaluator_of(network: Network, images: np.ndarray, **changes: Any) -> OnlineEvaluator:
    options = {"count": len(images), "seed": 3, "resolution": SIZE, **changes}
    return OnlineEvaluator(images, network, **options)


def test_its_own_images_are_no_distance_away_and_as_diverse(network: Network):
    generator = small_generator()
    found = evaluator_of(network, sample(generator, 40, seed=3))(generator)
    assert found.distance < 1e-6
    assert found.diversity == pytest.approx(1.0)
    assert found.generated.spread == pytest.approx(found.real.spread)


def test_the_distance_is_that_of_the_metrics(network: Network):
    generator, real = small_generator(), random_images(30)
    found = evaluator_of(network, real)(generator)
    drawn = sample(generator, 30, seed=3)
    expected = frechet_distance(network.features(real), network.features(drawn))
    assert found.distance == pytest.approx(expected)
    assert found.distance > 0.1


def test_a_constant_generator_has_no_diversity(network: Network):
    generator = small_generator()
    with torch.no_grad():
        for parameter in generator.mapping.parameters():
            parameter.zero_()
    found = evaluator_of(network, random_images(30))(generator)
    assert found.generated == Diversity(0.0, 0.0)
    assert found.diversity == 0.0


def test_a_few_images_that_repeat_spread_but_have_near_neighbours():
    few = torch.rand(5, 12, generator=torch.Generator().manual_seed(0)) * 255
    many = torch.rand(60, 12, generator=torch.Generator().manual_seed(1)) * 255
    repeated = Diversity.of(few.repeat(12, 1))
    assert repeated.spread / Diversity.of(many).spread > 0.7
    assert repeated.relative_to(Diversity.of(many)) < 1e-6


def test_diversity_in_closed_form():
    """Three grey images of 0, 30 and 90 levels: neighbours 30, 30 and 60 levels away."""
    found = Diversity.of(torch.tensor([0.0, 30.0, 90.0])[:, None].expand(3, 48))
    assert found.spread == pytest.approx(np.std([0, 30, 90]))
    assert found.nearest == pytest.approx(40.0)


def test_the_same_state_gets_the_same_numbers_and_another_seed_others(network: Network):
    generator, real = small_generator(), random_images(40)
    one, again, other = (evaluator_of(network, real, count=30, seed=seed) for seed in (3, 3, 4))
    assert one(generator) == one(generator) == again(generator)
    assert other(generator).real != one(generator).real


@pytest.mark.parametrize("circumference", [0, 15])
@pytest.mark.parametrize("world_size", [2, 3, 7])
def test_rows_gathered_are_the_evaluation_of_one(
    network: Network, world_size: int, circumference: int
):
    """To rounding, of which the size of a process's chunk is a part; cylinders by windows, too."""
    generator = small_generator(circumference=circumference)
    evaluator = evaluator_of(network, random_images(40), count=30)
    rows = [
        evaluator.features_of(generator, evaluator.indices_of_rank(rank, world_size))
        for rank in range(world_size)
    ]
    assert len({part.shape for part in rows}) == 1  # as a gather needs it
    gathered, whole = evaluator.evaluate(torch.cat(rows)), evaluator(generator)
    assert gathered.distance == pytest.approx(whole.distance)
    assert gathered.diversity == pytest.approx(whole.diversity)
    with pytest.raises(UserError, match="images came to be evaluated, of 30"):
        evaluator.evaluate(rows[0])


def test_the_training_is_not_disturbed(network: Network):
    generator = small_generator(noise=True).train()
    before = copy.deepcopy(generator.state_dict())

    def global_numbers(evaluate: bool) -> tuple[torch.Tensor, np.ndarray]:
        torch.manual_seed(5)
        np.random.seed(5)
        if evaluate:
            evaluator_of(network, random_images(20))(generator)
        return torch.rand(3), np.random.rand(3)

    for disturbed, alone in zip(global_numbers(True), global_numbers(False), strict=True):
        assert (disturbed == alone).all()
    assert generator.training and all(p.requires_grad for p in generator.parameters())
    for key, value in generator.state_dict().items():
        assert torch.equal(value, before[key]), key
    loss = generator(sample_latents(2, 5, 0).double()).sum()
    loss.backward()  # the weights are no inference tensors now


def test_the_convolutional_baseline_is_evaluated(network: Network):
    config = StyleGAN2Config(8, channel_base=64, channel_max=8, style_dim=5, mapping_layers=2)
    evaluator = evaluator_of(network, random_images(20, size=8), resolution=8)
    assert evaluator(StyleGAN2Generator(config)).distance > 0


def test_of_larger_images_the_centre_is_taken(network: Network):
    large = random_images(20, size=10)
    centre = np.ascontiguousarray(large[:, 2:8, 2:8])
    one, other = (evaluator_of(network, images) for images in (large, centre))
    assert one(small_generator()) == other(small_generator())


@pytest.mark.parametrize("count", [0, 1, 21])
def test_a_count_that_the_data_do_not_give_is_named(network: Network, count: int):
    with pytest.raises(UserError, match=f"evaluation of {count} images: .* at most .* 20"):
        evaluator_of(network, random_images(20), count=count)


def test_images_that_are_too_small_are_named(network: Network):
    with pytest.raises(UserError, match=r"images are of \(6, 6\) pixels, below 8"):
        evaluator_of(network, random_images(20), resolution=8)
