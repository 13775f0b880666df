"""The cards of the data sets: valid, complete, and in agreement with the paper."""

from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY, refused

from replication.datasets.cards import read_card

CARDS = {path.stem: path for path in sorted((REPOSITORY / "data" / "cards").glob("*.yaml"))}
PAPER = yaml.safe_load((REPOSITORY / "results" / "paper.yaml").read_text())["datasets"]
REAL = ["ffhq", "landscapes", "lfw", "lsun-churches", "satellite-buildings", "satellite-landscapes"]


@pytest.mark.parametrize("name", CARDS)
def test_a_card_in_the_repository_agrees_with_the_paper(name: str):
    card = read_card(CARDS[name])
    if card.paper_dataset is None:
        assert card.paper_count is None
    else:
        assert card.paper_count == PAPER[card.paper_dataset]


@pytest.mark.parametrize("name", REAL)
def test_a_real_set_says_how_to_get_it_and_what_is_not_known(name: str):
    card = read_card(CARDS[name])
    assert card.obtain
    assert card.count
    assert card.size
    assert card.unverified
    assert card.released or card.kind == "lfw"  # which the authors did not use


def test_every_set_of_the_paper_has_a_card_for_real_images():
    found = {read_card(CARDS[name]).paper_dataset for name in REAL}
    assert found == set(PAPER)


def test_what_the_paper_does_to_the_satellite_images():
    buildings = read_card(CARDS["satellite-buildings"])
    assert (buildings.crop, buildings.rotation, buildings.size) == ("random", "quarter", 300)
    assert read_card(CARDS["satellite-landscapes"]).rotation == "none"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": 1}, r"ffhq\.colour is not a parameter"),
        ({"kind": "film"}, "kind is 'film', must be synthetic, folder, lfw"),
        ({"renderer": "faces"}, "renderer belongs to synthetic sets, and each needs one"),
        ({"crop": "left"}, "crop is 'left', must be centre, random, none"),
        ({"rotation": "45"}, "rotation is '45', must be none, quarter, free"),
        ({"count": 0}, "count is 0, must be at least 1"),
        ({"licence": " "}, "licence is empty"),
        ({"flips": "yes"}, "flips is 'yes', must be of type bool"),
    ],
)
def test_what_is_wrong_with_a_card_is_named(tmp_path: Path, change: dict, message: str):
    content = yaml.safe_load(CARDS["ffhq"].read_text()) | change
    (tmp_path / "ffhq.yaml").write_text(yaml.safe_dump(content))
    refused(message, read_card, tmp_path / "ffhq.yaml")
