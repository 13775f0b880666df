"""`cips checks`: what must hold without training, and that a generator that cheats is caught."""

from dataclasses import replace

import torch
from conftest import SMALL_GENERATOR, refused, small_generator

from cipslib.analysis.equivalence import chunk_differences, foveation_difference, turn_difference
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import sample_w
from cipslib.utils.files import read_json, write_json
from replication.claims.claim import all_claims
from replication.claims.criterion import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.claims.results import collect
from replication.measurements.untrained import checks_run

SMALL = replace(SMALL_GENERATOR, resolution=24)


class Mixing(Generator):
    """Adds the mean over all pixels to each, as attention or normalisation would."""

    def synthesis(self, w, coords=None, **how):
        colours = super().synthesis(w, coords, **how)
        return colours + 0.5 * colours.mean(dim=1, keepdim=True)


def build(cls: type[Generator]) -> Generator:
    torch.manual_seed(0)
    return cls(SMALL).requires_grad_(False)


def test_independent_pixels_pass_and_mixing_ones_do_not():
    for cls, passes in ((Generator, True), (Mixing, False)):
        generator = build(cls)
        w = sample_w(generator, 1, 0)
        whole, in_chunks = chunk_differences(generator, w, 2**15)
        found = {"chunks": in_chunks["difference"]}
        found["foveated"] = foveation_difference(generator, w, whole, 25)
        assert all((value <= 0.5) == passes for value in found.values()), found


def test_chunks_stay_within_their_memory():
    generator = build(Generator)
    _, found = chunk_differences(generator, sample_w(generator, 1, 0), 2**15)
    assert found["memory_in_chunks"] < 2**15 / 2**20 < found["memory_at_once"]


def test_a_cylinder_closes_and_a_plane_does_not():
    cylinder = small_generator(circumference=12)
    assert turn_difference(cylinder, sample_w(cylinder, 1, 0)) < 1e-4
    plane = small_generator()
    refused("a coordinate is", turn_difference, plane, sample_w(plane, 1, 0))


def test_the_stage_writes_what_decides_these_claims(study):
    path = checks_run(study, SMALL)
    evidence = collect(study)
    claims = [claim for claim in all_claims() if claim.statement.of_any_size]
    verdicts = {claim.code: claim.judge(evidence).verdict for claim in claims}
    assert verdicts.pop("chunks") == INCONCLUSIVE  # so small an image is one chunk
    assert {*verdicts.values()} == {REPRODUCED}
    content = read_json(path)
    assert content["pixels"].keys() == content["numbers"]["independence"].keys()
    assert content["pixels"]["half_of_the_pixels_left_out"] == SMALL.resolution**2 // 2
    assert content["pixels"]["each_pixel_alone"] == 16
    slopes = content["numbers"]["gradient"]
    assert slopes["own_pixel"]["value"] > slopes["other_pixels"]["value"] == 0
    content["numbers"]["parameters"]["CIPS-NE"] |= {"value": 12.0, "interval": [12.0, 12.0]}
    write_json(path, content)
    claim = next(claim for claim in claims if claim.code == "parameters")
    assert claim.judge(collect(study)).verdict == CONTRADICTED
