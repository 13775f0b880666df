"""The log of a run: one line of JSON for each entry; dvclive and TensorBoard if asked for."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cipslib.utils.errors import UserError

Values = Mapping[str, float]
Write = Callable[[int, Values], None]  # images seen, values


@contextmanager
def open_log(folder: Path, images_seen: int, loggers: tuple[str, ...]) -> Iterator[Write]:
    """Yield a function that adds an entry to ``log.jsonl`` in ``folder`` and to the ``loggers``.

    Entries after ``images_seen`` are removed: a killed run writes them again. Raises UserError if
    a logger cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened = {"dvclive": _dvclive, "tensorboard": _tensorboard}
    with ExitStack() as stack:
        writers = [stack.enter_context(_lines(folder / "log.jsonl", images_seen))]
        for logger in loggers:
            writers.append(stack.enter_context(opened[logger](folder / logger, images_seen)))

        def write(images_seen: int, values: Values) -> None:
            try:
                for writer in writers:
                    writer(images_seen, values)
            except OSError as error:
                raise UserError(f"cannot write the log in {folder}: {error.strerror}") from error

        yield write


@contextmanager
def _lines(file: Path, images_seen: int) -> Iterator[Write]:
    _keep_lines(file, lambda line: json.loads(line)["images_seen"] <= images_seen)
    with open(file, "a") as stream:

        def write(images_seen: int, values: Values) -> None:
            stream.write(json.dumps({"images_seen": images_seen, **values}) + "\n")
            stream.flush()

        yield write


@contextmanager
def _dvclive(folder: Path, images_seen: int) -> Iterator[Write]:
    """Log through dvclive, which left to itself would also commit experiments and edit dvc.yaml."""
    from dvclive import Live
    from scmrepo.exceptions import SCMError

    def wanted(row: str) -> bool:
        return row.startswith("step") or int(row.split()[0]) <= images_seen

    for table in folder.rglob("*.tsv"):
        _keep_lines(table, wanted)
    (folder / "metrics.json").unlink(missing_ok=True)  # a kill may have torn it
    try:
        live = Live(
            str(folder), resume=images_seen > 0, report=None, save_dvc_exp=False, dvcyaml=None
        )
    except SCMError as error:  # it looks for the last commit all the same
        raise UserError(f"git: {error}: commit once, then try again") from error

    def write(images_seen: int, values: Values) -> None:
        live.step = images_seen
        for key, value in values.items():
            live.log_metric(key, value)
        live.make_summary()

    with live:
        yield write


@contextmanager
def _tensorboard(folder: Path, images_seen: int) -> Iterator[Write]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UserError(
            "training.loggers names tensorboard, which is not installed: pip install tensorboard"
        ) from error

    def write(images_seen: int, values: Values) -> None:
        for key, value in values.items():
            writer.add_scalar(key, value, images_seen)
        writer.flush()

    with SummaryWriter(str(folder), purge_step=images_seen + 1) as writer:
        yield write


def _keep_lines(file: Path, wanted: Callable[[str], bool]) -> None:
    """Cut the file before the first line that is not wanted, or makes no sense after a crash."""
    if not file.exists():
        return
    kept = 0
    with open(file, "rb") as stream:
        for line in stream:
            try:
                if not line.endswith(b"\n") or not wanted(line.decode()):
                    break
            except (ValueError, KeyError, IndexError, TypeError):
                break
            kept += len(line)
    if kept:
        os.truncate(file, kept)
    else:
        file.unlink()
