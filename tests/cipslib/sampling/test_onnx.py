"""The ONNX graphs: every variant agrees with torch at every size, and says what it is."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import refused, small_generator, small_stylegan2

from cipslib.presets import VARIANTS
from cipslib.sampling import onnx as export
from cipslib.sampling.onnx import TOLERANCE, check_onnx, export_onnx

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


def run(path: Path, **inputs: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


@pytest.mark.parametrize("variant", ["ne", "residual", "sine"])  # each ingredient, on and off
def test_every_ingredient_agrees_with_torch_and_nothing_is_printed(
    tmp_path: Path, variant: str, capfd: pytest.CaptureFixture, recwarn: pytest.WarningsRecorder
):
    generator = small_generator(variant)
    folder = export_onnx(generator, tmp_path / "onnx")
    assert capfd.readouterr() == ("", "")
    assert len(recwarn) == 0
    reference = generator.float()
    z = torch.randn(4, 5)
    w = reference.mapping(z)
    mapped = run(folder / "mapping.onnx", z=z.numpy())
    np.testing.assert_allclose(mapped, w.detach().numpy(), atol=TOLERANCE, rtol=0)
    for pixels in (1, 36, 53):  # 36: the training grid itself, whose table torch reads as it is
        coords = reference.grid if pixels == 36 else 2 * torch.rand(pixels, 2) - 1
        colours = reference.synthesis(w, None if pixels == 36 else coords).detach().numpy()
        rgb = run(folder / "synthesis.onnx", w=w.detach().numpy(), coords=coords.numpy())
        assert colours.std() > 100 * TOLERANCE
        np.testing.assert_allclose(rgb, colours, atol=TOLERANCE, rtol=0)


def test_a_cylinder_of_the_released_code_agrees(tmp_path: Path):
    generator = small_generator(circumference=9, fourier_bias=True, noise=True)
    assert check_onnx(export_onnx(generator, tmp_path / "onnx"), generator) <= TOLERANCE


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_onnx(small_generator(), tmp_path_factory.mktemp("export") / "onnx")


def test_the_graphs_name_their_axes_and_hold_the_configuration(exported: Path):
    shapes = {"z": ["batch", 5], "w": ["batch", 5], "coords": ["pixels", 2]}
    for name, inputs in (("mapping", ["z"]), ("synthesis", ["w", "coords"])):
        session = onnxruntime.InferenceSession(exported / f"{name}.onnx")
        assert {i.name: i.shape for i in session.get_inputs()} == {i: shapes[i] for i in inputs}
        about = json.loads(session.get_modelmeta().custom_metadata_map["cipslib"])
        assert (about["kind"], about["model"]) == (name, "cips")
        assert about["config"]["variant"] == asdict(VARIANTS["main"])
        assert about["config"]["block_widths"] == [8, 8]
        onnx.checker.check_model(onnx.load(exported / f"{name}.onnx"), full_check=True)


def test_the_graphs_tell_nothing_of_the_machine(exported: Path):
    for path in exported.glob("*.onnx"):
        assert str(Path(export.__file__).parent).encode() not in path.read_bytes()
        assert b"stack_trace" not in path.read_bytes()
    assert sorted(path.name for path in exported.iterdir()) == ["mapping.onnx", "synthesis.onnx"]


def test_a_graph_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "onnx"
    monkeypatch.setattr(export, "_write", lambda *arguments: None)
    monkeypatch.setattr(export, "check_onnx", lambda folder, generator: float("nan"))
    refused("differ from torch by nan", export_onnx, small_generator(), folder)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_export_is_replaced_but_nothing_else(tmp_path: Path, exported: Path):
    generator = small_generator()
    shutil.copytree(exported, tmp_path / "onnx")
    with torch.no_grad():
        generator.embedding.table.mul_(2)
    assert check_onnx(tmp_path / "onnx", generator) > TOLERANCE
    assert check_onnx(export_onnx(generator, tmp_path / "onnx"), generator) <= TOLERANCE
    (tmp_path / "onnx" / "thesis.tex").write_text("years of work")
    refused(r"holds thesis\.tex", export_onnx, generator, tmp_path / "onnx")
    refused(r"cannot write .*\.tex", export_onnx, generator, tmp_path / "onnx" / "thesis.tex")
    assert (tmp_path / "onnx" / "thesis.tex").read_text() == "years of work"


def test_what_the_user_can_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    refused("stylegan2 has no coordinates", export_onnx, small_stylegan2(), tmp_path / "onnx")
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    message = "needs onnx: pip install onnx onnxscript onnxruntime"
    refused(message, export_onnx, small_generator(), tmp_path / "onnx")
    assert list(tmp_path.iterdir()) == []
