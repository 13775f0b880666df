"""The judgement while training: right at the ends, repeatable, shared, and without a trace."""

import copy

import numpy as np
import pytest
import torch
from conftest import small_generator
from distances import frechet_distance

from cipslib.features.extractors import Network, load_network
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.synthesis import sample
from cipslib.training.judge import Diversity, Judge
from cipslib.utils.errors import UserError

SIZE = 6  # of conftest's small generator


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load_network("random", tmp_path_factory.mktemp("weights"))


def pictures(count: int, size: int = SIZE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def test_its_own_pictures_are_no_distance_away_and_as_diverse(network: Network):
    generator = small_generator()
    judge = Judge(sample(generator, 40, seed=7), network, count=40, seed=7, resolution=SIZE)
    found = judge(generator)
    assert found.distance < 1e-6
    assert found.diversity == pytest.approx(1.0)
    assert found.generated.spread == pytest.approx(found.real.spread)


def test_the_distance_is_that_of_the_metrics(network: Network):
    generator, real = small_generator(), pictures(30)
    found = Judge(real, network, count=30, seed=3, resolution=SIZE)(generator)
    drawn = sample(generator, 30, seed=3)
    expected = frechet_distance(network.features(real), network.features(drawn))
    assert found.distance == pytest.approx(expected)
    assert found.distance > 0.1


def test_a_constant_generator_has_no_diversity(network: Network):
    generator = small_generator()
    with torch.no_grad():
        for parameter in generator.mapping.parameters():
            parameter.zero_()
    found = Judge(pictures(30), network, count=30, seed=3, resolution=SIZE)(generator)
    assert found.generated == Diversity(0.0, 0.0)
    assert found.diversity == 0.0


def test_a_few_pictures_that_repeat_spread_but_have_near_neighbours():
    few = torch.rand(5, 12, generator=torch.Generator().manual_seed(0)) * 255
    many = torch.rand(60, 12, generator=torch.Generator().manual_seed(1)) * 255
    repeated = Diversity.of(few.repeat(12, 1))
    assert repeated.spread / Diversity.of(many).spread > 0.7
    assert repeated.share_of(Diversity.of(many)) < 1e-6


def test_diversity_in_closed_form():
    """Three grey pictures of 0, 30 and 90 levels: neighbours 30, 30 and 60 levels away."""
    found = Diversity.of(torch.tensor([0.0, 30.0, 90.0])[:, None].expand(3, 48))
    assert found.spread == pytest.approx(np.std([0, 30, 90]))
    assert found.nearest == pytest.approx(40.0)


def test_the_same_state_gets_the_same_judgement_and_another_seed_another(network: Network):
    generator, real = small_generator(), pictures(40)
    judge = Judge(real, network, count=30, seed=3, resolution=SIZE)
    again = Judge(real, network, count=30, seed=3, resolution=SIZE)
    other = Judge(real, network, count=30, seed=4, resolution=SIZE)
    assert judge(generator) == judge(generator) == again(generator)
    assert other(generator).real != judge(generator).real


@pytest.mark.parametrize("ranks", [2, 3, 4, 7])
def test_shares_gathered_are_the_judgement_of_one(network: Network, ranks: int):
    generator = small_generator()
    judge = Judge(pictures(40), network, count=30, seed=3, resolution=SIZE)
    shares = [judge.features_of(generator, judge.share(rank, ranks)) for rank in range(ranks)]
    assert len({share.shape for share in shares}) == 1  # as a gather needs it
    gathered, whole = judge.judge(torch.cat(shares)), judge(generator)
    assert gathered.distance == pytest.approx(whole.distance)
    assert gathered.diversity == pytest.approx(whole.diversity)
    with pytest.raises(UserError, match="pictures came to be judged, of 30"):
        judge.judge(shares[0])


def test_the_training_is_not_disturbed(network: Network):
    generator = small_generator(noise=True).train()
    before = copy.deepcopy(generator.state_dict())
    torch.manual_seed(5)
    np.random.seed(5)
    undisturbed = torch.rand(3), np.random.rand(3)
    torch.manual_seed(5)
    np.random.seed(5)
    Judge(pictures(20), network, count=20, seed=0, resolution=SIZE)(generator)
    assert torch.equal(torch.rand(3), undisturbed[0])
    assert np.array_equal(np.random.rand(3), undisturbed[1])
    assert generator.training and all(p.requires_grad for p in generator.parameters())
    for key, value in generator.state_dict().items():
        assert torch.equal(value, before[key]), key
    loss = generator(sample_latents(2, 5, 0).double()).sum()
    loss.backward()  # the weights are no inference tensors now


def test_a_panorama_is_judged_by_windows(network: Network):
    generator = small_generator(circumference=15)
    judge = Judge(pictures(20), network, count=20, seed=0, resolution=SIZE)
    assert judge(generator).distance > 0
    assert torch.equal(
        torch.cat([judge.features_of(generator, judge.share(rank, 2)) for rank in (0, 1)]),
        judge.features_of(generator, judge.share(0, 1)),
    )


def test_the_convolutional_baseline_is_judged(network: Network):
    config = StyleGAN2Config(8, channel_base=64, channel_max=8, style_dim=5, mapping_layers=2)
    judge = Judge(pictures(20, size=8), network, count=20, seed=0, resolution=8)
    assert judge(StyleGAN2Generator(config)).distance > 0


def test_of_larger_images_the_middle_is_taken(network: Network):
    large = pictures(20, size=10)
    middle = np.ascontiguousarray(large[:, 2:8, 2:8])
    one, other = (
        Judge(images, network, count=20, seed=0, resolution=SIZE) for images in (large, middle)
    )
    assert one(small_generator()) == other(small_generator())


@pytest.mark.parametrize("count", [0, 1, 21])
def test_a_count_that_the_data_do_not_give_is_named(network: Network, count: int):
    with pytest.raises(UserError, match=f"judgement of {count} images: .* at most .* 20"):
        Judge(pictures(20), network, count=count, seed=0, resolution=SIZE)


def test_images_that_are_too_small_are_named(network: Network):
    with pytest.raises(UserError, match=r"images are of \(6, 6\) pixels, below 8"):
        Judge(pictures(20), network, count=20, seed=0, resolution=8)
