"""The command `cips`: each stage of the pipeline, and pictures from a trained generator."""

import argparse
import sys
from pathlib import Path

from cipslib.errors import UserError

# Each command imports what it needs: `cips --help` and worker processes stay light.


def doctor(arguments: argparse.Namespace) -> None:
    from cipslib.doctor import examine

    for line in examine(_profile(arguments)):
        print(line)


def prepare(arguments: argparse.Namespace) -> None:
    from cipslib.datasets.prepare import prepare as make

    print(make(_profile(arguments), arguments.dataset, arguments.source))


def train(arguments: argparse.Namespace) -> None:
    from cipslib.stages.train import train_run

    print(train_run(_profile(arguments), arguments.run, arguments.fresh))


def evaluate(arguments: argparse.Namespace) -> None:
    from cipslib.stages.evaluate import evaluate_run

    print(evaluate_run(_profile(arguments), arguments.run))


def notebook(arguments: argparse.Namespace) -> None:
    from cipslib.notebooks import run_notebook

    print(run_notebook(_profile(arguments), arguments.name))


def report(arguments: argparse.Namespace) -> None:
    from cipslib.report import build_report

    print(build_report(_profile(arguments)))


def sample(arguments: argparse.Namespace) -> None:
    from cipslib.checkpoints import load_generator
    from cipslib.synthesis import sample, save_picture

    pictures = sample(load_generator(arguments.checkpoint), arguments.n, arguments.seed)
    about = {"generator": str(arguments.checkpoint), "seed": str(arguments.seed)}
    for index, picture in enumerate(pictures):
        path = arguments.out / f"seed{arguments.seed:04d}-{index:04d}.png"
        save_picture(path, picture, {**about, "index": str(index)})
    print(arguments.out)


def _profile(arguments: argparse.Namespace):  # type: ignore[no-untyped-def]
    from cipslib.config import load_profile

    return load_profile(arguments.params)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def _not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is negative")
    return value


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="cips", description=__doc__)
    main.set_defaults(function=lambda _: main.print_help())
    commands = main.add_subparsers(metavar="COMMAND")

    def stage(function, help: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
        command = commands.add_parser(function.__name__, help=help, description=help)
        command.add_argument(
            "--params",
            type=Path,
            default=Path("params.yaml"),
            help="the profile's parameters (default: params.yaml, the demo's)",
        )
        command.set_defaults(function=function)
        return command

    stage(doctor, "say whether everything is here that the profile needs")
    command = stage(prepare, "turn a data set into one array and its card, below data/prepared/")
    command.add_argument("dataset", help="a name below datasets: in params.yaml")
    command.add_argument("--source", type=Path, help="the folder of images to read")
    command = stage(train, "train a run, or go on where it stopped")
    command.add_argument("run", help="a name below runs: in params.yaml")
    command.add_argument("--fresh", action="store_true", help="throw earlier progress away")
    command = stage(evaluate, "take a trained run's numbers: metrics.json, beside its generator")
    command.add_argument("run", help="a name below runs: in params.yaml")
    command = stage(
        notebook, "execute a notebook on what the stages wrote, and save the result and its figures"
    )
    command.add_argument("name", help="its file's name in notebooks/, without .ipynb")
    stage(report, "build the HTML report")

    command = commands.add_parser("sample", help="draw pictures from a trained generator")
    command.add_argument("checkpoint", type=Path, help="a generator.safetensors")
    command.add_argument("--n", type=_positive, default=16, help="how many pictures (default 16)")
    command.add_argument("--seed", type=_not_negative, default=0, help="of the latents (default 0)")
    command.add_argument(
        "--out", type=Path, default=Path("samples"), help="folder to write to (default samples)"
    )
    command.set_defaults(function=sample)
    return main


def main(arguments: list[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    try:
        parsed.function(parsed)
    except UserError as error:
        print(f"cips: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, say, under a library that writes by itself
        print(f"cips: {error.strerror or error}: {error.filename}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
