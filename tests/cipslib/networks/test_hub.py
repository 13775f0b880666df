"""Sharing generators: a folder, and the hub, played by a server on this machine."""

from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from conftest import python, refused, small_generator, small_stylegan2

import cipslib
from cipslib.networks.hub import from_pretrained, save_pretrained


def same(one: torch.nn.Module, other: torch.nn.Module) -> None:
    state = other.state_dict()
    assert one.state_dict().keys() == state.keys()
    assert all(torch.equal(value, state[key]) for key, value in one.state_dict().items())


@pytest.mark.parametrize("make", [lambda: small_generator().float(), small_stylegan2])
def test_a_folder_gives_back_the_same_generator_and_keeps_its_card(make, tmp_path: Path):
    generator = make()
    save_pretrained(generator, tmp_path)
    modes = {(tmp_path / name).stat().st_mode for name in ("model.safetensors", "README.md")}
    assert len(modes) == 1  # who may read the one may read the other
    loaded = from_pretrained(tmp_path)
    assert loaded.config == generator.config
    same(loaded, generator)
    card = tmp_path / "README.md"
    assert "Say here what it was trained on" in card.read_text()
    card.write_text("my own words")
    save_pretrained(generator, tmp_path)
    assert card.read_text() == "my own words"


def test_the_package_offers_it_and_stays_light(tmp_path: Path):
    save_pretrained(small_generator().float(), tmp_path)
    check = (
        "import sys, cipslib; assert 'torch' not in sys.modules; "
        f"print(cipslib.sample(cipslib.from_pretrained({str(tmp_path)!r}), 2, 0, 0.5, 9).shape)"
    )
    assert python("-c", check).stdout == "(2, 9, 9, 3)\n"
    refused("no attribute 'from_trained'", getattr, cipslib, "from_trained", error=AttributeError)


@pytest.mark.parametrize(
    ("name", "revision"), [("hub:someone/faces", None), ("hub:someone/faces@v2", "v2")]
)
def test_the_hub_gives_the_same_generator(name: str, revision: str | None, tmp_path, monkeypatch):
    save_pretrained(small_generator().float(), tmp_path)

    def download(repository: str, file: str, revision: str | None) -> str:
        asked.append((repository, file, revision))
        return str(tmp_path / file)

    asked: list[tuple] = []
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # it is not asked whether it is there
    same(from_pretrained(name), small_generator().float())
    assert asked == [("someone/faces", "model.safetensors", revision)]


def test_a_hub_out_of_reach_is_named(tmp_path: Path, monkeypatch):
    """Nobody listens on its port; the client, which would try again and again, is not asked."""
    monkeypatch.setattr("cipslib.networks.hub.getproxies", dict)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", pytest.fail)
    message = r"cannot get model.safetensors of someone/other from the hub: .*refused"
    refused(message, from_pretrained, "hub:someone/other")
