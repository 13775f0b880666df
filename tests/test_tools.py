"""The commands beside the pipeline: project, export."""

from pathlib import Path

import numpy as np
import pytest
from conftest import small_generator
from PIL import Image
from safetensors.numpy import load_file

from cipslib.networks.files import save_generator
from cipslib.sampling.synthesis import sample, save_image
from replication.cli import main


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "generator.safetensors"
    save_generator(path, small_generator().float())
    return path


def test_an_image_is_projected(checkpoint: Path, tmp_path: Path, capsys):
    image = sample(small_generator().float(), 1, seed=9)[0]
    save_image(tmp_path / "target.png", image, {})
    out = tmp_path / "found"
    command = ["project", str(checkpoint), str(tmp_path / "target.png"), "--out", str(out)]
    assert main([*command, "--steps", "5"]) == 0
    assert "PSNR" in capsys.readouterr().out
    assert load_file(out / "style.safetensors")["w"].shape == (1, 5)
    np.testing.assert_array_equal(np.asarray(Image.open(out / "target.png")), image)
    assert Image.open(out / "projected.png").text["psnr"].endswith(" dB")


def test_a_image_that_is_none_is_named(checkpoint: Path, tmp_path: Path, capsys):
    (tmp_path / "target.png").write_text("no image")
    assert main(["project", str(checkpoint), str(tmp_path / "target.png")]) == 1
    assert "target.png is not a readable image" in capsys.readouterr().err


def test_a_generator_is_exported(checkpoint: Path, tmp_path: Path):
    assert main(["export", str(checkpoint), str(tmp_path / "onnx")]) == 0
    names = {file.name for file in (tmp_path / "onnx").iterdir()}
    assert names == {"mapping.onnx", "synthesis.onnx"}
