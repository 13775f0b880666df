"""`cips artifacts`: what it writes for notebook 11 and the claim."""

from pathlib import Path

import numpy as np
import pytest
from conftest import make_study

from cipslib.analysis.artifacts import RULES
from cipslib.metrics.measurement import measurements_from_json
from cipslib.networks.files import save_generator
from cipslib.networks.models import build_generator
from cipslib.utils.errors import UserError
from replication.measurements import artifacts as stage
from replication.measurements.artifacts import false_alarms
from replication.measurements.common.run import analyse_run
from replication.measurements.common.trained_run import load_run
from replication.profile.profile import Profile
from replication.profile.results import read_results

RUN = "faces-cips"


@pytest.fixture
def ready(tiny_params: dict, tmp_path: Path) -> Profile:
    """An untrained generator of 32 px, and 48 images of noise in place of real ones."""
    tiny_params["datasets"]["faces"]["resolution"] = 32
    study = make_study(tmp_path, tiny_params)
    save_generator(study.paths.generator(RUN), build_generator(study.run(RUN).generator))
    return study


def test_it_writes_shares_and_the_most_conspicuous_images(ready: Profile):
    path = analyse_run(ready, "artifacts", RUN)
    assert path.parent == ready.paths.analysis(RUN, "artifacts")
    content, arrays = read_results(path.parent)
    numbers = measurements_from_json(content)
    assert set(numbers) == set(content["rules"]) == set(RULES)
    assert content["images"] == 16  # a third of 48
    assert content["false_alarms"] == 1 / 16
    images = np.load(ready.paths.images("faces"))
    for rule, kinds in numbers.items():
        assert set(kinds) == {"generated", "real", "planted"}
        assert len({number.protocol.hash for number in kinds.values()}) == 1
        assert kinds["generated"].protocol.entries["generated_images"] == 16
        for kind in ("generated", "real"):
            shown, scores, boxes = (
                arrays[f"{rule}.{kind}.{what}"] for what in ("images", "scores", "boxes")
            )
            above = (scores > content["rules"][rule]["threshold"]).sum()
            assert above == round(16 * kinds[kind].estimate.value)  # all 16 are kept
            assert (np.diff(scores) <= 0).all()
            assert ((boxes[:, :2] >= 0).all(), (boxes[:, :2] + boxes[:, 2:] <= 32).all()) == (1, 1)
            here = [(images == one).all(axis=(1, 2, 3)).any() for one in shown]
            assert here == [kind == "real"] * 16
    # What a network draws without training is unlike noise.
    patches = {kind: number.estimate for kind, number in numbers["foreign_patches"].items()}
    assert patches["generated"].low > patches["real"].high


def test_sets_of_real_images_share_none(ready: Profile):
    sets = stage.draw_sets(load_run(ready, RUN))
    real = np.concatenate((sets.learnt_from, sets.for_threshold, sets.real))
    assert len(np.unique(real.reshape(48, -1), axis=0)) == 48
    assert len(sets.generated) == 16


def test_few_images_cannot_show_a_rare_rate():
    assert false_alarms(50) == 0.02
    assert false_alarms(1300) == 0.01


def test_images_too_small_are_refused(study: Profile):
    save_generator(study.paths.generator(RUN), build_generator(study.run(RUN).generator))
    with pytest.raises(UserError, match="faces-cips has 16 px: the rules for artifacts need 32"):
        analyse_run(study, "artifacts", RUN)
