"""benchmarks/pool.py: what two sittings have measured is what one would have."""

import sys
from pathlib import Path

import torch
from conftest import REPOSITORY, change_card, make_study, measurement, refused

from cipslib.networks.files import save_generator
from cipslib.networks.models import build_generator
from cipslib.utils.files import read_json, write_json
from replication.measurements.common.run import analyse_run, untrained_to_json
from replication.measurements.evaluate import evaluate_run
from replication.profile.profile import Profile

sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from pool import join, pool_run

RUN = "faces-cips"


def sitting(root: Path, params: dict, *seeds: int) -> Profile:
    """A profile whose run has these trainings, measured; each always ends in the same network."""
    study = make_study(root, with_seeds(params, *seeds))
    of = {seed: {"seed": seed, "images_seen": 96, "stopped": None, "seconds": 1} for seed in seeds}
    for seed, own in study.run(RUN).folder_seeds.items():
        torch.manual_seed(seed)
        save_generator(study.paths.generator(RUN, own), build_generator(study.run(RUN).generator))
        others = {} if own else {"other_seeds": [of[seed] for seed in seeds[1:]]}
        write_json(study.paths.summary(RUN, own), {**of[seed], "environment": {}, **others})
    change_card(study.paths.card("faces"), faces=False)  # there are none in noise
    evaluate_run(study, RUN)
    analyse_run(study, "neighbours", RUN)
    return study


def with_seeds(params: dict, *seeds: int) -> dict:
    return {**params, "training": {**params["training"], "seeds": [*seeds]}}


def results(study: Profile) -> list[dict]:
    files = (study.paths.metrics(RUN), study.paths.analysis(RUN, "neighbours") / "numbers.json")
    return [{**read_json(file), "environment": None} for file in files]


def test_two_sittings_are_one(tmp_path: Path, tiny_params: dict):
    whole = sitting(tmp_path / "whole", tiny_params, 0, 1, 2)
    there = sitting(tmp_path / "there", tiny_params, 0, 1)
    sitting(tmp_path / "here", tiny_params, 0, 2)
    here = make_study(tmp_path / "here", with_seeds(tiny_params, 0, 1, 2))
    assert pool_run(here, RUN, there.paths.results) == (3, 1)
    assert results(here) == results(whole)
    assert [one["seed"] for one in read_json(here.paths.summary(RUN))["other_seeds"]] == [1, 2]
    more = make_study(tmp_path / "here", with_seeds(tiny_params, 0, 1, 2, 3))
    refused("neither copy has seeds 3", pool_run, more, RUN, there.paths.results, error=ValueError)


def test_of_untrained_networks_those_without_a_face_are_left_out_and_no_others():
    none, some = ({"closer": {"generated": one}} for one in (None, measurement(1.0)))
    here, there = (untrained_to_json({0: none, seed: some}) for seed in (2, 1))
    assert {*join(here, there, (0, 0))} == {1, 2}
