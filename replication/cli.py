"""The command `cips`: each stage of the pipeline, and pictures from a trained generator."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path

from cipslib.utils.errors import UserError

# Each command imports what it needs: `cips --help` and worker processes stay light.


def doctor(arguments: argparse.Namespace) -> None:
    from replication.doctor import examine

    for line in examine(_profile(arguments)):
        print(line)


def prepare(arguments: argparse.Namespace) -> None:
    from replication.datasets.prepare import prepare as make

    how = (arguments.source, arguments.strict, arguments.workers)
    print(make(_profile(arguments), arguments.dataset, *how))


def configure(arguments: argparse.Namespace) -> None:
    from replication.profile.configure import write_configs

    print(write_configs(_profile(arguments)))


def train(arguments: argparse.Namespace) -> None:
    from replication.training.launch import launch

    trained = launch(_profile(arguments), arguments.run, arguments.fresh, arguments.seed)
    if trained is not None:
        print(trained)


def import_run(arguments: argparse.Namespace) -> None:
    from replication.released.import_run import import_run as make

    print(make(_profile(arguments), arguments.run))


def estimate(arguments: argparse.Namespace) -> None:
    from replication.estimate import estimate_text

    print(estimate_text(_profile(arguments), arguments.json))


def left_out(arguments: argparse.Namespace) -> None:
    from replication.measurements.left_out import write_left_out

    print(write_left_out(_profile(arguments), arguments.run))


def stage_of_a_run(arguments: argparse.Namespace) -> None:
    """`cips NAME RUN`: print what NAME_run of replication/measurements/NAME.py returns."""
    name = arguments.command
    run = getattr(import_module(f"replication.measurements.{name}"), f"{name}_run")
    print(run(_profile(arguments), arguments.run))


STAGES_OF_A_RUN = {
    "evaluate": "take a trained run's numbers: metrics.json, beside its generator",
    "artifacts": "find artifacts in a run's pictures, by rules: how frequent they are",
    "neighbours": "find a run's nearest training pictures, and whether it copies",
    "spectra": "take spectra of a run's pictures and encodings, and their numbers",
    "latents": "interpolate and mix a run's styles, and measure what that does",
    "resampling": "draw a run at fewer and at more pixels, and measure the result",
    "panorama": "draw a run around its cylinder, blend two, and measure the seam",
}


def checks(arguments: argparse.Namespace) -> None:
    from replication.measurements.untrained import checks_run

    print(checks_run(_profile(arguments)))


def claims(arguments: argparse.Namespace) -> None:
    from replication.claims.judge import claims_text

    print(claims_text(_profile(arguments), arguments.json))


def notebook(arguments: argparse.Namespace) -> None:
    from replication.notebooks import run_notebook

    print(run_notebook(_profile(arguments), arguments.name))


def report(arguments: argparse.Namespace) -> None:
    from replication.report.build import build_report

    print(build_report(_profile(arguments)))


def weights(arguments: argparse.Namespace) -> None:
    from cipslib.features.extractors import fetch_weights

    print(fetch_weights(arguments.name, _profile(arguments).paths.weights))


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
    from replication.paths import Paths, find_root
    from replication.profile.paper import paper_numbers

    fidelity, resolution = arguments.fidelity, arguments.resolution
    try:
        if arguments.all:
            paper = paper_numbers(Paths(find_root(), "demo").paper)
            rows = describe_all(fidelity, resolution, paper["table-4"]["rows"])
        else:
            rows = [make(preset(arguments.variant, fidelity, resolution))]
    except ValueError as error:
        raise UserError(str(error)) from error
    print(json.dumps(rows, indent=2) if arguments.json else table(rows))


def project(arguments: argparse.Namespace) -> None:
    from replication.tools.project import project_file

    config = {"steps": arguments.steps, "seed": arguments.seed, "per_layer": arguments.per_layer}
    where = arguments.checkpoint, arguments.picture, arguments.out
    print(project_file(*where, arguments.device, config))


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


def _profile(arguments: argparse.Namespace):  # type: ignore[no-untyped-def]
    from replication.profile.profile import load_profile

    return load_profile(arguments.params)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _not_negative(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{value} is not in [0, 2^63)")
    return value


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="cips", description=__doc__)
    main.set_defaults(function=lambda _: main.print_help())
    commands = main.add_subparsers(metavar="COMMAND", dest="command")

    def tool(function: Callable, help: str, name: str = "") -> argparse.ArgumentParser:
        name = name or function.__name__.replace("_", "-")
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(function=function)
        return command

    def stage(
        function: Callable, help: str, noted: bool = True, name: str = ""
    ) -> argparse.ArgumentParser:
        command = tool(function, help, name)
        command.add_argument(
            "--params",
            type=Path,
            default=Path("params.yaml"),
            help="the profile's parameters (default: params.yaml, the demo's)",
        )
        command.set_defaults(noted=noted)
        return command

    stage(doctor, "say whether everything is here that the profile needs", noted=False)
    command = stage(prepare, "turn a data set into one array and its card, below data/prepared/")
    command.add_argument("dataset", help="a name below datasets: in params.yaml")
    command.add_argument(
        "--source", type=Path, help="pictures: a folder, zip, tar, LMDB, parquet files, .npy array"
    )
    command.add_argument("--strict", action="store_true", help="stop at an unusable picture")
    command.add_argument("--workers", type=_positive, help="processes (as many as there are cores)")
    stage(configure, "write each run's resolved parameters, which its training depends on")
    command = stage(train, "train a run, or go on where it stopped")
    command.add_argument("run", help="a name below runs: in params.yaml")
    command.add_argument("--fresh", action="store_true", help="throw earlier progress away")
    command.add_argument("--seed", type=_not_negative, help="of training.seeds, this one alone")
    command = stage(import_run, "take a run's generator from the authors' file, without training")
    command.add_argument("run", help="a name below imported: in params.yaml")
    says = "measure what the profile's runs cost on this machine: hours, memory"
    command = stage(estimate, says, noted=False)
    command.add_argument("--json", action="store_true", help="as JSON")
    command = stage(left_out, "write why the profile does without a run, in its results' place")
    command.add_argument("run", help="a name below left_out: in params.yaml")
    for name, does in STAGES_OF_A_RUN.items():
        command = stage(stage_of_a_run, does, name=name)
        where = "runs: or imported:" if name == "evaluate" else "runs:, imported: or left_out:"
        command.add_argument("run", help=f"a name below {where} in params.yaml")
    stage(checks, "check what needs no training, on networks of the paper's size: checks.json")
    command = stage(claims, "judge the paper's claims by what the stages wrote: claims.json")
    command.add_argument("--json", action="store_true", help="as JSON")
    command = stage(
        notebook, "execute a notebook on what the stages wrote, and save the result and its figures"
    )
    command.add_argument("name", help="its file's name in notebooks/, without .ipynb")
    stage(report, "build the HTML report")
    says = "fetch a pretrained network for the metrics, and try it out"
    command = stage(weights, says, noted=False)
    command.add_argument("name", help="as cips doctor or an error names it; docs/protocol.md")

    def checkpoint(command: argparse.ArgumentParser) -> None:
        command.add_argument(
            "checkpoint", help="a generator.safetensors, a shared folder, or hub:OWNER/NAME"
        )

    command = tool(sample, "draw pictures from a trained generator")
    checkpoint(command)
    _sample_options(command)

    command = tool(describe, "parameters, multiply-adds and memory of the paper's models")
    command.add_argument("variant", nargs="?", default="main", help="a column of Tab. 3, stylegan2")
    command.add_argument("--fidelity", default="paper", help="paper (default) or release")
    command.add_argument("--resolution", type=_positive, default=256, help="(default 256)")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--all", action="store_true", help="all of them, beside Tab. 4")

    command = tool(import_release, "turn the authors' checkpoint into one of ours")
    command.add_argument("file", type=Path, help="their .pt")
    command.add_argument("out", type=Path, help="the .safetensors to write")

    command = tool(project, "find the style whose picture is nearest to a given one")
    checkpoint(command)
    command.add_argument("picture", type=Path, help="cut square, scaled to the generator's size")
    command.add_argument("--per-layer", action="store_true", help="a style for each layer")
    command.add_argument("--steps", type=_positive, default=500, help="of the optimiser (500)")
    command.add_argument("--seed", type=_not_negative, default=0, help="of the starts (0)")
    command.add_argument("--device", default="auto", help="auto (default), cpu or cuda")
    command.add_argument("--out", type=Path, default=Path("projection"), help="folder to write to")

    command = tool(export, "write a CIPS generator as two ONNX graphs, checked against torch")
    checkpoint(command)
    command.add_argument("folder", type=Path, help="to write to")

    command = tool(share, "write a generator as the hub expects it: weights, configuration, card")
    checkpoint(command)
    command.add_argument("folder", type=Path, help="to write to")
    return main


def _sample_options(command: argparse.ArgumentParser) -> None:
    from replication.tools.sample_options import SampleOptions

    command.add_argument(
        "kind",
        nargs="?",
        default="images",
        help="images (default), mean (Fig. 3), interpolation (Fig. 10), mixing (Fig. 19), foveated "
        "(Fig. 8), superresolution (Fig. 9), panorama (Fig. 17), blend (Fig. 11), sphere, "
        "blended-sphere",
    )
    command.add_argument("--out", type=Path, default=Path("samples"), help="folder (samples)")

    def option(name: str, help: str, **how) -> None:  # type: ignore[no-untyped-def]
        usual = getattr(SampleOptions, name.replace("-", "_"))
        shown = f"{help} ({usual})" if usual not in (None, False) else help
        command.add_argument(f"--{name}", help=shown, default=argparse.SUPPRESS, **how)

    corners = ("LEFT", "TOP", "RIGHT", "BOTTOM")
    option("n", "how many", type=_positive)
    option("seed", "of the latents, and of noise", type=_not_negative)
    option("device", "auto, cpu or cuda")
    option("truncation", "towards the mean style: 1 none, 0 the mean", type=float)
    option(
        "resolution", "pixels from top to bottom, any; without it the training's", type=_positive
    )
    option("window", "what to draw of [-1, 1] x [-1, 1]", type=float, nargs=4, metavar=corners)
    option("interpolation", "embeddings off the grid: bilinear, bicubic, nearest, shifted")
    option("zero-encoding", "an encoding to set to zero: fourier, embedding (Fig. 6)")
    option("noise", "with the noise of a generator that has it", action="store_true")
    option("max-memory", "MiB for activations: larger pictures come in chunks", type=float)
    option("steps", "interpolation: pictures on the way", type=_positive)
    option("space", "interpolation: z-spherical, z, w")
    option("gif", "interpolation: write a GIF, too", action="store_true")
    option(
        "levels", "mixing: those taken from B, as in 1,2; without it three groups", type=_numbers
    )
    option("share", "foveated: per cent of the pixels", type=float)
    option("gaze", "foveated: where", type=float, nargs=2, metavar=("X", "Y"))
    option("sigma", "foveated: the Gaussian's, in image sizes", type=float)
    option("off-grid", "foveated: points between the pixels, too", action="store_true")
    option("factor", "superresolution: how much denser", type=_positive)
    option("width", "panorama, blend, sphere: columns; without it the training's", type=_positive)
    option("start", "panorama: its left end in degrees", type=float)
    option("angle", "panorama: how far round in degrees", type=float)


def _noted(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Where a stage's cost is noted; other commands' are not."""
    if not getattr(arguments, "noted", False):
        return nullcontext()
    from replication.report.costs import noting

    # A stage is given one name, or none: of a data set, a run, a notebook.
    names = [getattr(arguments, kind, None) for kind in ("dataset", "run", "name")]
    return noting(_profile(arguments), arguments.command, next(filter(None, names), None))


def main(arguments: list[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    try:
        with _noted(parsed):
            parsed.function(parsed)
    except UserError as error:
        print(f"cips: {error}", file=sys.stderr)
        return 1
    except MemoryError as error:
        print(f"cips: not enough memory: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, say, under a library that writes by itself
        print(f"cips: {error.strerror or error}: {error.filename}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
