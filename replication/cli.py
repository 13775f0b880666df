"""The command `cips`: each stage of the pipeline, and images from a trained generator."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from cipslib import __version__
from cipslib.utils.errors import UserError
from cipslib.utils.processes import stop_with_parent

Parser = argparse.ArgumentParser
ANALYSES = {
    "artifacts": "find artifacts in a run's images, by rules: how frequent they are",
    "neighbours": "find a run's nearest training images, and whether it copies",
    "spectra": "take spectra of a run's images and encodings, and their numbers",
    "latents": "interpolate and mix a run's styles, and measure what that does",
    "resampling": "draw a run at fewer and at more pixels, and measure the result",
    "panorama": "draw a run around its cylinder, blend two, and measure the seam",
}


def parser() -> Parser:
    main = argparse.ArgumentParser(prog="cips", description=__doc__)
    main.add_argument("--version", action="version", version=f"cipslib {__version__}")
    subparsers = main.add_subparsers(metavar="COMMAND", dest="command", required=True)

    def tool(name: str, function: str, help: str) -> Parser:
        """Add a command that calls ``function``, as in "module:name", with its arguments."""
        command = subparsers.add_parser(name, help=help, description=help)
        command.set_defaults(function=function)
        return command

    def stage(name: str, function: str, help: str, below: str = "", noted: bool = True) -> Parser:
        """Add a command that takes a profile, and a name in it if one stands ``below`` a key."""
        command = tool(name, function, help)
        command.add_argument(
            "--params",
            type=Path,
            default=Path("params.yaml"),
            help="the profile's parameters (default: params.yaml, the demo's)",
        )
        command.set_defaults(noted=noted)
        if below:
            command.add_argument("name", help=f"a name below {below} in params.yaml")
        return command

    _stages(stage)
    _tools(tool)
    return main


def _stages(stage: Callable[..., Parser]) -> None:
    says = "say whether everything is here that the profile needs"
    stage("doctor", "replication.doctor:examine", says, noted=False)
    says = "turn a data set into one array and its card, below data/prepared/"
    command = stage("prepare", "replication.commands:prepare", says, "datasets:")
    command.add_argument(
        "--source", type=Path, help="images: a folder, zip, tar, LMDB, parquet files, .npy array"
    )
    command.add_argument(
        "--workers", type=_at_least(1), help="processes (as many as there are cores)"
    )
    says = "write the resolved parameters of each data set and run"
    stage("configure", "replication.configure:write_configs", says)
    says = "bring the pipeline up to date, several stages at a time, each by DVC"
    command = stage("repro", "replication.commands:repro", says, noted=False)
    command.add_argument("--jobs", type=_at_least(1), help="at a time (one a GPU, or a core)")
    command.add_argument("--scheduler", help="address of a dask scheduler that you started")
    says = "train a run, or go on where it stopped"
    command = stage("train", "replication.training.launch:launch", says)
    command.add_argument("run", help="a name below runs: in params.yaml")
    command.add_argument("--fresh", action="store_true", help="throw earlier progress away")
    says = "take a run's generator from the authors' file, without training"
    stage("import-run", "replication.released.import_run:import_run", says, "imported:")
    says = "measure what the profile's runs cost on this machine: hours, memory"
    stage("estimate", "replication.estimate:estimate_text", says, noted=False)
    says = "write why the profile does without a run, in its results' place"
    stage("left-out", "replication.measurements.left_out:write_left_out", says, "left_out:")
    says = "take a trained run's numbers: metrics.json, beside its generator"
    evaluate = "replication.measurements.evaluate:evaluate_run"
    stage("evaluate", evaluate, says, "runs: or imported:")
    for name, does in ANALYSES.items():
        analyse = "replication.measurements.common.run:analyse_run"
        command = stage(name, analyse, does, "runs:, imported: or left_out:")
        command.set_defaults(analysis=name)
    says = "check what needs no training, on networks of the paper's size: checks.json"
    stage("checks", "replication.measurements.untrained:checks_run", says)
    says = "judge the paper's claims by what the stages wrote: claims.json"
    command = stage("claims", "replication.claims.judge:claims_text", says)
    command.add_argument("--compare", type=Path, help="another claims.json: show what differs")
    says = "execute a notebook on what the stages wrote, and save the result and its figures"
    command = stage("notebook", "replication.notebooks:run_notebook", says)
    command.add_argument("name", help="its file's name in notebooks/, without .ipynb")
    stage("report", "replication.report.build:build_report", "build the HTML report")
    says = "fetch a pretrained network for the metrics"
    command = stage("weights", "replication.commands:weights", says, noted=False)
    command.add_argument("name", help="as cips doctor or an error names it; docs/protocol.md")


def _tools(tool: Callable[..., Parser]) -> None:
    checkpoint = "a generator.safetensors, a shared folder, or hub:OWNER/NAME"
    says = "draw images from a trained generator"
    command = tool("sample", "replication.tools.sample:sample_files", says)
    command.add_argument("checkpoint", help=checkpoint)
    _sample_options(command)

    says = "compare two sets of images: Fréchet and kernel distance, precision, recall, …"
    command = tool("metrics", "replication.tools.metrics:compare_images", says)
    for name in ("real", "fake"):
        command.add_argument(name, type=Path, help="a folder, zip, tar, LMDB, parquet, .npy array")
    extractors = "random, onet; with weights inception-clean, inception-fidelity, vgg16, facenet"
    command.add_argument("--extractor", default="onet", help=f"of distances ({extractors})")
    command.add_argument("--manifold-extractor", default="onet", help="of the others (the same)")
    command.add_argument("--device", default="auto", help="auto (default), cpu or cuda")

    says = "write a profile for images of your own, below profiles/"
    command = tool("new-profile", "replication.new_profile:new_profile", says)
    command.add_argument("name", help="of the profile, and of its data set")
    command.add_argument("--images", type=Path, required=True, help="as of `cips metrics`")
    command.add_argument("--resolution", type=_at_least(1), default=32, help="px of a side (32)")

    says = "turn the authors' checkpoint into one of ours"
    command = tool("import-release", "replication.released.convert:import_release", says)
    command.add_argument("source", metavar="file", type=Path, help="their .pt")
    command.add_argument("target", metavar="out", type=Path, help="the .safetensors to write")

    says = "find the style whose image is nearest to a given one"
    command = tool("project", "replication.tools.project:project_file", says)
    command.add_argument("checkpoint", help=checkpoint)
    command.add_argument("image", type=Path, help="cut square, scaled to the generator's size")
    command.add_argument("--steps", type=_at_least(1), default=500, help="of the optimiser (500)")
    command.add_argument("--seed", type=_at_least(0), default=0, help="of the starts (0)")
    command.add_argument("--device", default="auto", help="auto (default), cpu or cuda")
    command.add_argument("--out", type=Path, default=Path("projection"), help="folder to write to")

    says = "write a CIPS generator as two ONNX graphs, checked against torch"
    command = tool("export", "replication.commands:export", says)
    command.add_argument("checkpoint", help=checkpoint)
    command.add_argument("folder", type=Path, help="to write to")


def _sample_options(command: Parser) -> None:
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
    option("n", "how many", type=_at_least(1))
    option("seed", "of the latents, and of noise", type=_at_least(0))
    option("device", "auto, cpu or cuda")
    option("style", "a file of styles to draw, such as the one that `cips project` writes")
    option("truncation", "towards the mean style: 1 none, 0 the mean", type=float)
    option("resolution", "px from top to bottom, any (the training's)", type=_at_least(1))
    option("window", "what to draw of [-1, 1] x [-1, 1]", type=float, nargs=4, metavar=corners)
    option("interpolation", "embeddings off the grid: bilinear, bicubic, nearest, shifted")
    option("zero-encoding", "an encoding to set to zero: fourier, embedding (Fig. 6)")
    option("noise", "with the noise of a generator that has it", action="store_true")
    option("max-memory", "MiB for activations: larger images come in chunks", type=float)
    option("steps", "interpolation: images on the way", type=_at_least(1))
    option("gif", "interpolation: write a GIF, too", action="store_true")
    option("share", "foveated: per cent of the pixels", type=float)
    option("gaze", "foveated: where", type=float, nargs=2, metavar=("X", "Y"))
    option("sigma", "foveated: the Gaussian's, in image sizes", type=float)
    option("factor", "superresolution: how much denser", type=_at_least(1))
    option("width", "panorama, blend: columns; without it the training's", type=_at_least(1))
    option("start", "panorama: its left end in degrees", type=float)
    option("angle", "panorama: how far round in degrees", type=float)


def _at_least(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        if not least <= int(text) < 2**63:
            raise argparse.ArgumentTypeError(f"{text} is not in [{least}, 2^63)")
        return int(text)

    return whole_number


def _run(
    command: str, function: str, params: Path | None = None, noted: bool = False, **given: Any
) -> None:
    """Call a command's function and print what it returns; note what a stage costs."""
    if params is None:
        said = resolve_name(function)(**given)
    else:
        params = _found(params)
        _limit_threads(params)
        from replication.profile.profile import load_profile
        from replication.report.costs import record_cost

        profile = load_profile(params)
        of = given.get("name") or given.get("run")
        with record_cost(profile, command, of) if noted else nullcontext():
            said = resolve_name(function)(profile, **given)
    for line in said if isinstance(said, Iterator) else (said,) * (said is not None):
        print(line)


def _found(params: Path) -> Path:
    """Return a params.yaml as it is seen from here, or from the clone's root. Raises UserError."""
    from replication.paths import find_root

    if params.is_file() or (params := find_root() / params).is_file():
        return params
    known = sorted(file.parent.name for file in find_root().glob("profiles/*/params.yaml"))
    raise UserError(f"there is no {params}; profiles are demo, {', '.join(known)}")


def _limit_threads(params: Path) -> None:
    """Take ``hardware.threads`` threads on every machine: sums split otherwise round otherwise."""
    from replication.profile.params_file import read_params

    threads = (read_params(params).get("hardware") or {}).get("threads")
    if isinstance(threads, int):
        os.environ["OMP_NUM_THREADS"] = str(threads)


def main(arguments: list[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    try:
        if not sys.stderr.isatty():  # a log: a line now and then
            os.environ.setdefault("TQDM_MININTERVAL", "30")
        if not os.environ.keys().isdisjoint(("DVC_STAGE", "TORCHELASTIC_RUN_ID")):
            stop_with_parent()
        _run(**vars(parsed))
    except UserError as error:
        said = str(error)
    except KeyboardInterrupt:
        print("cips: interrupted", file=sys.stderr)
        return 130
    except MemoryError as error:
        said = f"not enough memory: {error}"
    except RuntimeError as error:
        if "InvalidCxxCompiler" not in str(error):
            raise
        said = "no C++ compiler, which hardware.compile asks for"
    except OSError as error:  # a full disk, say, under a library that writes by itself
        said = f"{error.strerror or error}: {error.filename}"
    else:
        return 0
    print(f"cips: {said}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
