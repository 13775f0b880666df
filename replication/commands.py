"""Commands of `cips` that are more than one call. Each imports what it needs: `cips --help` and
worker processes stay light.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replication.profile.profile import Profile


def prepare(profile: "Profile", name: str, source: Path | None, workers: int | None) -> Path:
    from replication.datasets.prepare import prepare as make

    return make(profile.paths, profile.dataset(name), name, source, workers)


def repro(profile: "Profile", jobs: int | None, scheduler: str | None) -> str:
    from replication.dvc_files import forget_what_is_cut
    from replication.scheduler import jobs_that_fit, run_pipeline, work_of

    forget_what_is_cut(profile.paths.root, profile.pipeline_file.with_suffix(".lock"))
    work = work_of(profile)
    ran = run_pipeline(work, jobs_that_fit(work, jobs), scheduler)
    return f"{len(ran)} of {len(work.before)} stages ran; the others were up to date"


def weights(profile: "Profile", name: str) -> Path:
    from cipslib.features.weights import TABLE
    from cipslib.utils.downloads import fetch
    from cipslib.utils.errors import check_one_of

    check_one_of(name, (*TABLE,), "weights")
    return fetch(TABLE[name], profile.paths.weights)


def export(checkpoint: str, folder: Path) -> Path:
    from cipslib.networks.hub import from_pretrained
    from cipslib.sampling.onnx import export_onnx

    return export_onnx(from_pretrained(checkpoint), folder.resolve())
