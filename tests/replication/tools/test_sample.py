"""`cips sample`: every kind of image from the command line, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import assert_same_images, small_generator, small_stylegan2
from networks import to_release
from PIL import Image

from cipslib.networks.files import load_generator, save_generator, save_tensors
from cipslib.networks.models import build_generator
from cipslib.presets import generator_preset
from cipslib.sampling.latents import sample_w
from cipslib.sampling.synthesis import sample
from replication.cli import main
from replication.tools.sample import KINDS

ROUND = ("panorama", "blend")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    generators = {
        "plane": small_generator(),
        "cylinder": small_generator(circumference=9),
        "convolutional": small_stylegan2(),
    }
    for name, generator in generators.items():
        save_generator(folder / f"{name}.safetensors", generator.float())
    return {name: folder / f"{name}.safetensors" for name in generators}


def images(checkpoint: Path, out: Path, *options: str) -> dict[str, np.ndarray]:
    assert main(["sample", str(checkpoint), *options, "--out", str(out)]) == 0
    return {file.stem: np.asarray(Image.open(file)) for file in sorted(out.glob("*/0*.png"))}


SHAPES = {
    "images": (6, 6),
    "mean": (6, 6),
    "interpolation": (6, 8 * 6),
    "mixing": (6, 5 * 6),
    "foveated": (6, 6),
    "superresolution": (24, 72),
    "panorama": (6, 9),
    "blend": (3 * 6, 9),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_and_says_how(kind: str, checkpoints, tmp_path: Path):
    checkpoint = checkpoints["cylinder" if kind in ROUND else "plane"]
    count = () if kind == "mean" else ("--n", "2")
    drawn = images(checkpoint, tmp_path, kind, *count, "--seed", "3")
    assert len(drawn) == (1 if kind == "mean" else 2)
    for file in tmp_path.glob("*/0*.png"):
        assert file.parent.name == "-".join([kind, *(() if kind == "mean" else ["n2"]), "seed3"])
        image = Image.open(file)
        assert np.asarray(image).shape == (*SHAPES[kind], 3)
        assert (image.text["kind"], image.text["seed"]) == (kind, "3")
        assert image.text["generator"] == str(checkpoint)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.convolutional])
def test_stylegan2_draws_what_it_can(kind: str, checkpoints, tmp_path: Path):
    assert images(checkpoints["convolutional"], tmp_path, kind)


@pytest.mark.parametrize(
    "given",
    ["truncation 0.5", "zero-encoding fourier", "window -1 -1 0 0", "interpolation shifted"],
)
def test_options_change_the_images_and_are_noted(given: str, checkpoints, tmp_path: Path):
    options = f"--{given}".split()
    plain = images(checkpoints["plane"], tmp_path / "plain", "--n", "2")
    changed = images(checkpoints["plane"], tmp_path / "changed", "--n", "2", *options)
    assert plain.keys() == changed.keys()
    assert all((plain[name] != changed[name]).any() for name in plain)
    about = [
        json.loads(Image.open(next((tmp_path / name).glob("*/0*.png"))).text["settings"])
        for name in ("plain", "changed")
    ]
    different = {name for name in about[0] if about[0][name] != about[1][name]}
    assert different == {options[0].removeprefix("--").replace("-", "_")}


def test_any_resolution_within_a_memory_limit(checkpoints, tmp_path: Path):
    options = ("--n", "1", "--resolution", "300")
    (whole,) = images(checkpoints["plane"], tmp_path / "whole", *options).values()
    options += ("--max-memory", "1")
    (chunked,) = images(checkpoints["plane"], tmp_path / "chunked", *options).values()
    assert whole.shape == (300, 300, 3)
    assert_same_images(whole, chunked)


def test_on_a_cylinder_pixels_stay_square_and_x_goes_round(checkpoints, tmp_path: Path):
    """Twice the resolution is twice as many columns; a window may pass the cut."""
    options = ("--n", "1", "--resolution", "12")
    (whole,) = images(checkpoints["cylinder"], tmp_path / "a", *options).values()
    assert whole.shape == (12, 18, 3)
    options += ("--window", "0", "-1", "2", "1")
    (turned,) = images(checkpoints["cylinder"], tmp_path / "b", *options).values()
    assert_same_images(turned, np.roll(whole, -9, axis=1))


def test_each_image_has_noise_of_its_own(checkpoints, tmp_path: Path):
    generator = small_generator(noise=True)
    save_generator(tmp_path / "noisy.safetensors", generator.float())
    options = ("--seed", "2", "--noise", "--n")
    many = images(tmp_path / "noisy.safetensors", tmp_path / "many", *options, "3")
    few = images(tmp_path / "noisy.safetensors", tmp_path / "few", *options, "2")
    quiet = images(tmp_path / "noisy.safetensors", tmp_path / "quiet", "--seed", "2", "--n", "3")
    noise = [many[name].astype(int) - quiet[name] for name in quiet]
    assert (noise[0] != noise[1]).any()
    for name in few:
        assert_same_images(few[name], many[name])


def test_nothing_is_overwritten_and_a_sheet_shows_all(checkpoints, tmp_path: Path, capsys):
    for _ in range(2):
        drawn = images(checkpoints["plane"], tmp_path, "--n", "5", "--seed", "3")
    own = sample(load_generator(checkpoints["plane"]), 5, seed=3)
    assert_same_images(np.stack([drawn[f"{i:04d}"] for i in range(5)]), own)
    assert {path.name for path in tmp_path.iterdir()} == {"images-n5-seed3", "images-n5-seed3-2"}
    sheet = tmp_path / "images-n5-seed3-2" / "sheet.png"
    assert capsys.readouterr().out.splitlines()[-1] == str(sheet)
    assert np.asarray(Image.open(sheet)).shape == (3 * 7 - 1, 2 * 7 - 1, 3)


def test_a_style_is_drawn_as_the_seed_that_it_is_of(checkpoints, tmp_path: Path, capsys):
    checkpoint, file = checkpoints["plane"], tmp_path / "w.safetensors"
    save_tensors(file, {"w": sample_w(load_generator(checkpoint), 2, 4)[1:]}, {"kind": "style"})
    options = ("--truncation", "0.5", "--resolution", "9")
    found = images(checkpoint, tmp_path / "a", *options, "--style", str(file))
    seeded = images(checkpoint, tmp_path / "b", *options, "--n", "2", "--seed", "4")
    assert_same_images(found["0000"], seeded["0001"])
    assert main(["sample", str(checkpoint), "--style", str(file), "--n", "2"]) == 1
    assert "n is of random styles" in capsys.readouterr().err
    save_tensors(file, {"w": torch.zeros(1, 7)}, {"kind": "style"})
    assert main(["sample", str(checkpoint), "--style", str(file)]) == 1
    assert "styles of 7 numbers, not 5" in capsys.readouterr().err


def test_an_interpolation_becomes_a_film(checkpoints, tmp_path: Path):
    options = ("interpolation", "--n", "1", "--steps", "5", "--gif")
    (row,) = images(checkpoints["plane"], tmp_path, *options).values()
    (film,) = tmp_path.glob("*/*.gif")
    frames = Image.open(film)
    assert frames.n_frames == 2 * 5 - 2  # there and back, the ends once
    first = np.asarray(frames.convert("RGB")).astype(int)
    assert np.abs(first - row[:, :6]).mean() < 20  # a GIF has few colours


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("plane", ("paintings",), "kind is 'paintings', must be one of images, mean"),
        ("plane", ("panorama",), "panoramas need a generator of the cylinder"),
        ("plane", ("foveated", "--share", "0"), "the share is 0 %, must be in"),
        ("plane", ("foveated", "--resolution", "9"), "foveated takes no resolution; it takes seed"),
        ("plane", ("--max-memory", "0.0001"), "one pixel needs"),
        ("plane", ("--resolution", "10000000"), "not enough memory"),
        ("plane", ("--zero-encoding", "style"), "is 'style', must be one of None, fourier"),
        ("cylinder", ("foveated",), "foveated synthesis is of the plane"),
        ("convolutional", ("foveated",), "foveated: StyleGAN2 has no coordinates to draw it at"),
        ("convolutional", ("--max-memory", "1"), "max_memory is of pixels, and StyleGAN2 draws"),
    ],
)
def test_what_cannot_be_drawn_is_named(name, options, message, checkpoints, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["sample", str(checkpoints[name]), *options, "--out", str(out)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("cips: ")
    assert message in error
    assert not out.exists()


@pytest.mark.parametrize("name", ["main", "residual", "stylegan2"])
def test_a_release_is_imported_and_drawn(name: str, tmp_path: Path):
    """Its file says alone which network it is of, and of what resolution."""
    generator = build_generator(generator_preset(name, "release", 8))
    torch.save(to_release(generator), tmp_path / "authors.pt")
    ours = tmp_path / "ours.safetensors"
    assert main(["import-release", str(tmp_path / "authors.pt"), str(ours)]) == 0
    assert load_generator(ours).config == generator.config
    drawn = images(ours, tmp_path / "out", "--n", "1", "--noise")
    assert drawn["0000"].shape == (8, 8, 3)
