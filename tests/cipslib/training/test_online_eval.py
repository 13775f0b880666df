"""The evaluation while training: right at the ends, repeatable, shared, and without a trace."""

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from conftest import random_images, refused, small_generator, small_stylegan2
from distances import frechet_distance

from cipslib.features.extractors import Network, load_network
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.synthesis import sample
from cipslib.training.distributed import DistributedContext
from cipslib.training.online_eval import Diversity, OnlineEvaluator

SIZE = 6  # of conftest's small generator


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load_network("random", tmp_path_factory.mktemp("weights"))


def evaluator_of(network: Network, images: np.ndarray, **changes: Any) -> OnlineEvaluator:
    options = {"count": len(images), "seed": 3, "resolution": SIZE, **changes}
    return OnlineEvaluator(images, network, **options, among=np.arange(len(images)))


def test_its_own_images_are_no_distance_away_and_as_diverse(network: Network):
    generator = small_generator()
    distance, diversity = evaluator_of(network, sample(generator, 40, seed=3))(generator)
    assert distance < 1e-6
    assert diversity == pytest.approx(1.0)


def test_the_distance_is_that_of_the_metrics(network: Network):
    generator, real = small_generator(), random_images(30, SIZE)
    distance, _ = evaluator_of(network, real)(generator)
    expected = frechet_distance(network.features(real), network.features(sample(generator, 30, 3)))
    assert distance == pytest.approx(expected)
    assert distance > 0.1


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
    generator, real = small_generator(), random_images(40, SIZE)
    one, again, other = (evaluator_of(network, real, count=30, seed=seed) for seed in (3, 3, 4))
    assert one(generator) == one(generator) == again(generator)
    assert other(generator) != one(generator)


@dataclass(frozen=True)
class Recorded(DistributedContext):
    """One of several processes, which are asked one after the other, the main one at last."""

    rows: dict[int, torch.Tensor] = field(default_factory=dict)

    def all_gather(self, rows: torch.Tensor) -> torch.Tensor:
        if rows.dim() == 1:  # one of the main process's numbers
            return rows
        self.rows[self.rank] = rows
        return torch.cat([self.rows[rank] for rank in sorted(self.rows)])


@pytest.mark.parametrize(("world_size", "circumference"), [(2, 0), (7, 0), (3, 15)])
def test_the_processes_share_the_images_of_one(
    network: Network, world_size: int, circumference: int
):
    """To rounding, of which the size of a process's chunk is a part; cylinders by windows, too."""
    generator = small_generator(circumference=circumference)
    evaluator = evaluator_of(network, random_images(40, SIZE), count=30)
    rows: dict[int, torch.Tensor] = {}
    for rank in reversed(range(world_size)):
        shared = evaluator(generator, Recorded(rank, world_size, rows=rows))
    assert len({part.shape for part in rows.values()}) == 1  # as a gather needs it
    assert shared == pytest.approx(evaluator(generator))


def test_the_training_is_not_disturbed(network: Network):
    generator = small_generator(noise=True).train()
    before = copy.deepcopy(generator.state_dict())

    def global_numbers(evaluate: bool) -> tuple[torch.Tensor, np.ndarray]:
        torch.manual_seed(5)
        np.random.seed(5)
        if evaluate:
            evaluator_of(network, random_images(20, SIZE))(generator)
        return torch.rand(3), np.random.rand(3)

    for disturbed, alone in zip(global_numbers(True), global_numbers(False), strict=True):
        assert (disturbed == alone).all()
    assert generator.training and all(p.requires_grad for p in generator.parameters())
    for key, value in generator.state_dict().items():
        assert torch.equal(value, before[key]), key
    loss = generator(sample_latents(2, 5, 0).double()).sum()
    loss.backward()  # the weights are no inference tensors now


def test_of_larger_images_the_centre_is_taken(network: Network):
    """Also for the convolutional baseline."""
    generator = small_stylegan2()
    large = random_images(20, 12)
    centre = np.ascontiguousarray(large[:, 2:10, 2:10])
    one, other = (evaluator_of(network, each, resolution=8) for each in (large, centre))
    assert one(generator) == other(generator)


@pytest.mark.parametrize("count", [1, 21])
def test_a_count_that_the_data_do_not_give_is_named(network: Network, count: int):
    message = f"evaluation of {count} images: .* at most .* 20"
    refused(message, evaluator_of, network, random_images(20, SIZE), count=count)
