"""The command `cips`: each stage of the pipeline, and images from a trained generator."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from cipslib.utils.errors import UserError
from cipslib.utils.processes import stop_with_parent
from replication import commands

ANALYSES = {
    "artifacts": "find artifacts in a run's images, by rules: how frequent they are",
    "neighbours": "find a run's nearest training images, and whether it copies",
    "spectra": "take spectra of a run's images and encodings, and their numbers",
    "latents": "interpolate and mix a run's styles, and measure what that does",
    "resampling": "draw a run at fewer and at more pixels, and measure the result",
    "panorama": "draw a run around its cylinder, blend two, and measure the seam",
}


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="cips", description=__doc__)
    main.set_defaults(function=lambda _: main.print_help())
    subparsers = main.add_subparsers(metavar="COMMAND", dest="command")

    def tool(function: Callable, help: str, name: str = "") -> argparse.ArgumentParser:
        name = name or function.__name__.replace("_", "-")
        command = subparsers.add_parser(name, help=help, description=help)
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

    stage(commands.doctor, "say whether everything is here that the profile needs", noted=False)
    command = stage(
        commands.prepare, "turn a data set into one array and its card, below data/prepared/"
    )
    command.add_argument("dataset", help="a name below datasets: in params.yaml")
    command.add_argument(
        "--source", type=Path, help="images: a folder, zip, tar, LMDB, parquet files, .npy array"
    )
    command.add_argument("--workers", type=_positive, help="processes (as many as there are cores)")
    stage(commands.configure, "write the resolved parameters of each data set and run")
    says = "bring the pipeline up to date, several stages at a time, each by DVC"
    command = stage(commands.repro, says, noted=False)
    command.add_argument("--jobs", type=_positive, help="at a time (one a GPU, or a core)")
    command.add_argument("--scheduler", help="address of a dask scheduler that you started")
    command = stage(commands.train, "train a run, or go on where it stopped")
    command.add_argument("run", help="a name below runs: in params.yaml")
    command.add_argument("--fresh", action="store_true", help="throw earlier progress away")
    command = stage(
        commands.import_run, "take a run's generator from the authors' file, without training"
    )
    command.add_argument("run", help="a name below imported: in params.yaml")
    says = "measure what the profile's runs cost on this machine: hours, memory"
    stage(commands.estimate, says, noted=False)
    command = stage(
        commands.left_out, "write why the profile does without a run, in its results' place"
    )
    command.add_argument("run", help="a name below left_out: in params.yaml")
    says = "take a trained run's numbers: metrics.json, beside its generator"
    command = stage(commands.evaluate, says)
    command.add_argument("run", help="a name below runs: or imported: in params.yaml")
    for name, does in ANALYSES.items():
        command = stage(commands.analyse, does, name=name)
        where = "runs:, imported: or left_out:"
        command.add_argument("run", help=f"a name below {where} in params.yaml")
    says = "check what needs no training, on networks of the paper's size: checks.json"
    stage(commands.checks, says)
    says = "judge the paper's claims by what the stages wrote: claims.json"
    command = stage(commands.claims, says)
    command.add_argument("--compare", type=Path, help="another claims.json: show what differs")
    command = stage(
        commands.notebook,
        "execute a notebook on what the stages wrote, and save the result and its figures",
    )
    command.add_argument("name", help="its file's name in notebooks/, without .ipynb")
    stage(commands.report, "build the HTML report")
    says = "fetch a pretrained network for the metrics"
    command = stage(commands.weights, says, noted=False)
    command.add_argument("name", help="as cips doctor or an error names it; docs/protocol.md")

    def checkpoint(command: argparse.ArgumentParser) -> None:
        command.add_argument(
            "checkpoint", help="a generator.safetensors, a shared folder, or hub:OWNER/NAME"
        )

    command = tool(commands.sample, "draw images from a trained generator")
    checkpoint(command)
    _sample_options(command)

    command = tool(commands.describe, "parameters, multiply-adds and memory of the paper's models")
    command.add_argument("variant", nargs="?", default="main", help="a column of Tab. 3, stylegan2")
    command.add_argument("--fidelity", default="paper", help="paper (default) or release")
    command.add_argument("--resolution", type=_positive, default=256, help="(default 256)")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--all", action="store_true", help="all of them, beside Tab. 4")

    command = tool(commands.import_release, "turn the authors' checkpoint into one of ours")
    command.add_argument("file", type=Path, help="their .pt")
    command.add_argument("out", type=Path, help="the .safetensors to write")

    command = tool(commands.project, "find the style whose image is nearest to a given one")
    checkpoint(command)
    command.add_argument("image", type=Path, help="cut square, scaled to the generator's size")
    command.add_argument("--steps", type=_positive, default=500, help="of the optimiser (500)")
    command.add_argument("--seed", type=_not_negative, default=0, help="of the starts (0)")
    command.add_argument("--device", default="auto", help="auto (default), cpu or cuda")
    command.add_argument("--out", type=Path, default=Path("projection"), help="folder to write to")

    command = tool(
        commands.export, "write a CIPS generator as two ONNX graphs, checked against torch"
    )
    checkpoint(command)
    command.add_argument("folder", type=Path, help="to write to")

    command = tool(
        commands.share, "write a generator as the hub expects it: weights, configuration, card"
    )
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
        "(Fig. 8), superresolution (Fig. 9), panorama (Fig. 17), blend (Fig. 11)",
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
    option("max-memory", "MiB for activations: larger images come in chunks", type=float)
    option("steps", "interpolation: images on the way", type=_positive)
    option("gif", "interpolation: write a GIF, too", action="store_true")
    option(
        "levels", "mixing: those taken from B, as in 1,2; without it three groups", type=_numbers
    )
    option("share", "foveated: per cent of the pixels", type=float)
    option("gaze", "foveated: where", type=float, nargs=2, metavar=("X", "Y"))
    option("sigma", "foveated: the Gaussian's, in image sizes", type=float)
    option("factor", "superresolution: how much denser", type=_positive)
    option("width", "panorama, blend: columns; without it the training's", type=_positive)
    option("start", "panorama: its left end in degrees", type=float)
    option("angle", "panorama: how far round in degrees", type=float)


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


def _noted(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Where a stage's cost is noted; other commands' are not."""
    if not getattr(arguments, "noted", False):
        return nullcontext()
    from replication.report.costs import record_cost

    # A stage is given one name, or none: of a data set, a run, a notebook.
    names = [getattr(arguments, kind, None) for kind in ("dataset", "run", "name")]
    return record_cost(
        commands.profile_of(arguments), arguments.command, next(filter(None, names), None)
    )


def _limit_threads(arguments: argparse.Namespace) -> None:
    """Let NumPy and torch take ``hardware.threads`` threads, whatever the machine has: sums that
    are split in another way round in another way.
    """
    if not hasattr(arguments, "params"):
        return
    from cipslib.utils.yaml_file import read_yaml

    threads = (read_yaml(arguments.params).get("hardware") or {}).get("threads")
    if isinstance(threads, int):
        os.environ["OMP_NUM_THREADS"] = str(threads)


def main(arguments: list[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    try:
        _limit_threads(parsed)
        if not os.environ.keys().isdisjoint(("DVC_STAGE", "TORCHELASTIC_RUN_ID")):
            stop_with_parent()
        with _noted(parsed):
            parsed.function(parsed)
    except UserError as error:
        print(f"cips: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cips: interrupted", file=sys.stderr)
        return 130
    except MemoryError as error:
        print(f"cips: not enough memory: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, say, under a library that writes by itself
        print(f"cips: {error.strerror or error}: {error.filename}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
