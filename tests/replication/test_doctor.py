"""`cips doctor`: what is in order, and what is missing, before anything runs."""

from collections.abc import Callable
from pathlib import Path

import corpus
import pytest
from conftest import change_card, make_study, refused, with_pipeline

from cipslib.utils.errors import UserError
from replication.doctor import examine
from replication.profile.profile import Profile


@pytest.fixture
def complete(tmp_path: Path, tiny_params: dict, monkeypatch) -> Profile:
    """A profile that lacks nothing but the weights of VGG16."""
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    tiny_params["evaluation"]["manifold_extractor"] = "vgg16"
    return with_pipeline(make_study(tmp_path, tiny_params))


def test_all_that_is_missing_is_named(complete: Profile):
    (complete.paths.root / "data" / "synthetic").rmdir()
    lines = []
    with pytest.raises(UserError, match="2 things are missing, named above"):
        for line in examine(complete):
            lines.append(line)
    said = "\n".join(lines)
    assert "which draws synthetic-faces" in said
    assert "missing: evaluation.manifold_extractor is vgg16" in said
    assert str(complete.paths.root / "data" / "weights" / "vgg16.pt") in said
    assert "`cips weights vgg16`" in said
    (complete.paths.root / "dvc.yaml").unlink()
    refused(r"dvc.yaml: ln -s ../../dvc.yaml", lambda: list(examine(complete)))


def test_a_file_of_weights_put_into_the_named_folder_is_enough(
    complete: Profile, monkeypatch, weights_file: Callable[[str], Path]
):
    folder = weights_file("vgg16").parent
    monkeypatch.setenv("CIPS_WEIGHTS", str(folder))
    lines = list(examine(complete))
    assert "evaluation.manifold_extractor vgg16: vgg16.pt, as known" in lines
    assert f"weights of pretrained networks: {folder}" in lines
    assert any(line.startswith("data set faces: Synthetic faces, drawn by") for line in lines)
    assert lines[-1] == "all is here that the profile demo needs"


@pytest.mark.parametrize(
    ("count", "odd", "message"),
    [
        (5, None, "data set faces has 5 images; the evaluation needs .*evaluation.images"),
        (60, "a.txt", r"holds files that DVC cannot keep: a\.txt: remove them"),
        (60, "pipe.png", r"holds files that DVC cannot keep: pipe\.png"),
        (60, "na\udcefve.png", r"holds files that DVC cannot keep: na\\udcefve\.png"),
    ],
)
def test_what_the_pipeline_would_refuse_of_a_folder_is_found_before(
    tmp_path: Path, tiny_params: dict, count: int, odd: str | None, message: str
):
    tiny_params["datasets"]["faces"] |= {"card": "own-folder", "source": "mine", "count": None}
    profile = make_study(tmp_path, tiny_params)
    (tmp_path / "dvc.yaml").touch()
    corpus.write(tmp_path / "mine", {f"{i}.png": corpus.encoded() for i in range(count)})
    if odd is not None:
        (tmp_path / "mine" / odd).symlink_to("gone")
    with pytest.raises(UserError, match=message):
        list(examine(profile))


def test_without_room_for_every_angle_it_says_how_much(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"]["margin"] = 6
    profile = with_pipeline(make_study(tmp_path, tiny_params))
    change_card(profile.paths.source_card("synthetic-faces"), rotation="free")
    message = r"22 pixels a side; .* 16 px need 23: set margin to 7 or more and prepare again"
    refused(message, lambda: list(examine(profile)))
