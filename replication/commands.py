"""What each command of `cips` does. Heavy modules are imported where they are used."""

import argparse
import json
from typing import TYPE_CHECKING

from cipslib.utils.errors import UserError

if TYPE_CHECKING:
    from replication.profile.profile import Profile


def profile_of(arguments: argparse.Namespace) -> "Profile":
    """Return the profile of the parameters that were named."""
    from replication.profile.profile import load_profile

    return load_profile(arguments.params)


# Each command imports what it needs: `cips --help` and worker processes stay light.


def doctor(arguments: argparse.Namespace) -> None:
    from replication.doctor import examine

    for line in examine(profile_of(arguments)):
        print(line)


def prepare(arguments: argparse.Namespace) -> None:
    from replication.datasets.prepare import prepare as make

    profile = profile_of(arguments)
    name = arguments.dataset
    print(make(profile.paths, profile.dataset(name), name, arguments.source, arguments.workers))


def configure(arguments: argparse.Namespace) -> None:
    from replication.configure import write_configs

    print(write_configs(profile_of(arguments)))


def train(arguments: argparse.Namespace) -> None:
    from replication.training.launch import launch

    trained = launch(profile_of(arguments), arguments.run, arguments.fresh)
    if trained is not None:
        print(trained)


def import_run(arguments: argparse.Namespace) -> None:
    from replication.released.import_run import import_run as make

    print(make(profile_of(arguments), arguments.run))


def repro(arguments: argparse.Namespace) -> None:
    from replication.scheduler import jobs_that_fit, run_pipeline, work_of

    work = work_of(profile_of(arguments))
    ran = run_pipeline(work, jobs_that_fit(work, arguments.jobs), arguments.scheduler)
    print(f"{len(ran)} of {len(work.before)} stages ran; the others were up to date")


def estimate(arguments: argparse.Namespace) -> None:
    from replication.estimate import estimate_text

    print(estimate_text(profile_of(arguments)))


def left_out(arguments: argparse.Namespace) -> None:
    from replication.measurements.left_out import write_left_out

    print(write_left_out(profile_of(arguments), arguments.run))


def evaluate(arguments: argparse.Namespace) -> None:
    from replication.measurements.evaluate import evaluate_run

    print(evaluate_run(profile_of(arguments), arguments.run))


def analyse(arguments: argparse.Namespace) -> None:
    """`cips ANALYSIS RUN`: print where the results of replication/measurements/ANALYSIS.py are."""
    from replication.measurements.common.run import analyse_run

    print(analyse_run(profile_of(arguments), arguments.command, arguments.run))


def checks(arguments: argparse.Namespace) -> None:
    from replication.measurements.untrained import checks_run

    print(checks_run(profile_of(arguments)))


def claims(arguments: argparse.Namespace) -> None:
    from replication.claims.judge import claims_text

    print(claims_text(profile_of(arguments), arguments.compare))


def notebook(arguments: argparse.Namespace) -> None:
    from replication.notebooks import run_notebook

    print(run_notebook(profile_of(arguments), arguments.name))


def report(arguments: argparse.Namespace) -> None:
    from replication.report.build import build_report

    print(build_report(profile_of(arguments)))


def weights(arguments: argparse.Namespace) -> None:
    from cipslib.features.weights import TABLE
    from cipslib.utils.downloads import fetch
    from cipslib.utils.errors import check_one_of

    check_one_of(arguments.name, (*TABLE,), "weights")
    print(fetch(TABLE[arguments.name], profile_of(arguments).paths.weights))


def sample(arguments: argparse.Namespace) -> None:
    from replication.tools.sample import sample_files
    from replication.tools.sample_options import SampleOptions

    given = {k: v for k, v in vars(arguments).items() if k in SampleOptions.__annotations__}
    given |= {k: tuple(v) for k, v in given.items() if isinstance(v, list)}
    out = arguments.out
    files = sample_files(arguments.checkpoint, arguments.kind, out, SampleOptions(**given))
    print(files[0] if len(files) == 1 else out)


def describe(arguments: argparse.Namespace) -> None:
    from cipslib.analysis.count import describe as make
    from cipslib.analysis.count import describe_all, preset, table
    from cipslib.utils.yaml_file import read_yaml
    from replication.paths import Paths, find_root

    fidelity = arguments.fidelity
    resolution = arguments.resolution
    try:
        if arguments.all:
            paper = read_yaml(Paths(find_root(), "demo").paper)
            rows = describe_all(fidelity, resolution, paper["table-4"]["rows"])
        else:
            rows = [make(preset(arguments.variant, fidelity, resolution))]
    except ValueError as error:
        raise UserError(str(error)) from error
    print(json.dumps(rows, indent=2) if arguments.json else table(rows))


def project(arguments: argparse.Namespace) -> None:
    from replication.tools.project import project_file

    where = arguments.checkpoint, arguments.image, arguments.out
    print(project_file(*where, arguments.device, arguments.steps, arguments.seed))


def import_release(arguments: argparse.Namespace) -> None:
    from replication.released.convert import import_release

    import_release(arguments.file, arguments.out)
    print(arguments.out)


def share(arguments: argparse.Namespace) -> None:
    from cipslib.networks.hub import from_pretrained, save_pretrained

    save_pretrained(from_pretrained(arguments.checkpoint), arguments.folder)
    print(arguments.folder)


def export(arguments: argparse.Namespace) -> None:
    from cipslib.networks.hub import from_pretrained
    from cipslib.sampling.onnx import export_onnx

    print(export_onnx(from_pretrained(arguments.checkpoint), arguments.folder.resolve()))
