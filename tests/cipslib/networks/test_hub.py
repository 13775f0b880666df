"""Sharing generators: a folder, and the hub, played by a server on this machine."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from conftest import small_generator

import cipslib
from cipslib.networks.files import save_tensors
from cipslib.networks.hub import from_pretrained, save_pretrained
from cipslib.networks.models import build_generator
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.utils.errors import UserError

CONVOLUTIONAL = StyleGAN2Config(
    resolution=8, channel_base=64, channel_max=8, style_dim=5, mapping_layers=2
)


def same(one: torch.nn.Module, other: torch.nn.Module) -> None:
    state = other.state_dict()
    assert one.state_dict().keys() == state.keys()
    assert all(torch.equal(value, state[key]) for key, value in one.state_dict().items())


def test_a_folder_gives_back_the_same_generator(tmp_path: Path):
    for number, generator in enumerate((small_generator(), build_generator(CONVOLUTIONAL))):
        folder = tmp_path / str(number)
        save_pretrained(generator.float(), folder)
        loaded = from_pretrained(folder)
        assert loaded.config == generator.config
        same(loaded, generator)
        assert "Say here what it was trained on" in (folder / "README.md").read_text()


def test_the_card_says_what_the_generator_was_trained_on(tmp_path: Path):
    summary = {"run": "faces-cips", "dataset": "faces", "seed": 3, "images_seen": 12345}
    save_pretrained(small_generator(), tmp_path, summary)
    card = (tmp_path / "README.md").read_text()
    assert "on the data set `faces`: 12,345 images seen (run `faces-cips`, seed 3)" in card


def test_the_package_offers_it_and_stays_light(tmp_path: Path):
    save_pretrained(small_generator().float(), tmp_path)
    check = (
        "import sys, cipslib; assert 'torch' not in sys.modules; "
        f"print(cipslib.from_pretrained({str(tmp_path)!r}).config.resolution)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "6\n"
    with pytest.raises(AttributeError, match="no attribute 'from_trained'"):
        getattr(cipslib, "from_" + "trained")


def test_a_card_that_was_completed_is_kept(tmp_path: Path):
    save_pretrained(small_generator(), tmp_path)
    (tmp_path / "README.md").write_text("my own words")
    save_pretrained(small_generator(), tmp_path)
    assert (tmp_path / "README.md").read_text() == "my own words"


def test_a_file_that_only_names_its_variant_is_refused(tmp_path: Path):
    """As earlier versions wrote it."""
    generator = small_generator()
    config = {**asdict(generator.config), "variant": "main"}
    about = {"kind": "generator", "model": "cips", "config": config}
    save_tensors(tmp_path / "old.safetensors", generator.state_dict(), about)
    with pytest.raises(
        UserError, match=r"old.safetensors: config.variant is 'main', must be a mapping"
    ):
        from_pretrained(tmp_path / "old.safetensors")


@pytest.mark.parametrize("source", ["nowhere", "nowhere/at/all.safetensors"])
def test_a_missing_source_is_named(source: str, tmp_path: Path):
    with pytest.raises(UserError, match=f"{source} does not exist"):
        from_pretrained(tmp_path / source)


def test_a_folder_without_weights_is_named(tmp_path: Path):
    with pytest.raises(UserError, match="is a folder"):
        from_pretrained(tmp_path)


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
    same(from_pretrained(name), small_generator().float())
    assert asked == [("someone/faces", "model.safetensors", revision)]


def test_a_hub_out_of_reach_is_named(tmp_path: Path, monkeypatch):
    """The real client against a port on which nobody listens."""
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    url = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)  # retries
    with pytest.raises(UserError, match=r"cannot get model.safetensors of someone/other") as error:
        from_pretrained("hub:someone/other")
    assert "\n" not in str(error.value)
