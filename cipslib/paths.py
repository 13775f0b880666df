"""The only place that knows directories, and how files are written: whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cipslib.errors import UserError


@dataclass(frozen=True)
class Paths:
    """Where a profile's files are, below the repository's root."""

    root: Path
    profile: str

    # --- data sets
    @property
    def source_cards(self) -> Path:
        return self.root / "data" / "cards"

    def source_card(self, card: str) -> Path:
        return self.source_cards / f"{card}.yaml"

    def images(self, dataset: str) -> Path:
        return self.root / "data" / "prepared" / self.profile / f"{dataset}.npy"

    def card(self, dataset: str) -> Path:
        return self.images(dataset).with_suffix(".json")

    def manifest(self, dataset: str) -> Path:
        """Every file of the source, with its hash and its place in the array."""
        return self.images(dataset).with_suffix(".manifest.csv.gz")

    def preview(self, dataset: str) -> Path:
        return self.images(dataset).with_suffix(".preview.png")

    def preparation(self, dataset: str) -> Path:
        """Where a preparation under way keeps its state: no DVC output, so it survives a kill."""
        return self.root / "data" / "prepared" / "work" / self.profile / dataset

    def downloads(self, dataset: str) -> Path:
        return self.root / "data" / "raw" / dataset

    # --- runs
    @property
    def results(self) -> Path:
        return self.root / "results" / self.profile

    def training(self, run: str, other: int | None = None) -> Path:
        """The folder of the four below; ``other``: of that seed, not of the run's first."""
        folder = self.results / run / "training"
        return folder if other is None else folder / "seeds" / str(other)

    def generator(self, run: str, other: int | None = None) -> Path:
        return self.training(run, other) / "generator.safetensors"

    def summary(self, run: str, other: int | None = None) -> Path:
        return self.training(run, other) / "summary.json"

    def grids(self, run: str) -> Path:
        return self.training(run) / "grids"

    def log(self, run: str) -> Path:
        return self.training(run) / "log"

    def work(self, run: str, fingerprint: str) -> Path:
        """Where a run under way keeps its state: no DVC output, so that it survives a kill."""
        return self.root / "results" / "work" / self.profile / f"{run}-{fingerprint}"

    def metrics(self, run: str) -> Path:
        return self.results / run / "metrics.json"

    def spectra(self, run: str) -> Path:
        """A folder, of ``stages.shown``: numbers and what figures need."""
        return self.results / run / "spectra"

    def artefacts(self, run: str) -> Path:
        """Likewise."""
        return self.results / run / "artefacts"

    def latents(self, run: str) -> Path:
        """Likewise."""
        return self.results / run / "latents"

    def neighbours(self, run: str) -> Path:
        """Likewise."""
        return self.results / run / "neighbours"

    def resampling(self, run: str) -> Path:
        """Likewise."""
        return self.results / run / "resampling"

    def panorama(self, run: str) -> Path:
        """Likewise."""
        return self.results / run / "panorama"

    def cost(self, stage: str, of: str | None) -> Path:
        """What a command cost on this machine: no DVC output."""
        name = stage if of is None else f"{stage}-{of}"
        return self.root / "results" / "work" / self.profile / "costs" / f"{name}.json"

    def statistics(self, key: str) -> Path:
        """Features of real images, kept between evaluations: no DVC output, made again if gone."""
        return self.root / "results" / "work" / "statistics" / f"{key}.safetensors"

    @property
    def weights(self) -> Path:
        """Pretrained networks' files, fetched or put there by hand."""
        named = os.environ.get("CIPS_WEIGHTS")
        return Path(named).expanduser() if named else self.root / "data" / "weights"

    # --- what is found
    @property
    def checks(self) -> Path:
        """What needs no training."""
        return self.results / "checks.json"

    @property
    def claims(self) -> Path:
        return self.results / "claims.json"

    # --- what is read
    @property
    def pipeline(self) -> Path:
        return self.root / "dvc.yaml"

    @property
    def fidelity(self) -> Path:
        return self.root / "docs" / "fidelity.md"

    @property
    def source_notebooks(self) -> Path:
        return self.root / "notebooks"

    def source_notebook(self, name: str) -> Path:
        return self.source_notebooks / f"{name}.ipynb"

    def notebook(self, name: str) -> Path:
        return self.results / "notebooks" / f"{name}.ipynb"

    def figures(self, notebook: str) -> Path:
        return self.results / "figures" / notebook

    @property
    def tables(self) -> Path:
        return self.results / "tables"

    @property
    def report(self) -> Path:
        return self.results / "report"

    @property
    def paper(self) -> Path:
        return self.root / "results" / "paper.yaml"


def find_root(start: Path | None = None) -> Path:
    """The nearest folder, from ``start`` (or the working directory) up, that holds the pipeline."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "dvc.yaml").is_file() and (folder / "params.yaml").is_file():
            return folder
    raise UserError(
        f"no dvc.yaml with a params.yaml in {start} or above it: go to your clone first"
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises UserError, naming the file, if it is missing or torn."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}; make it again") from error
    return content


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its name only if the block succeeds.

    Raises UserError, naming ``path``, if the disk refuses.
    """
    temporary = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """The same for a folder: the block fills a new one, which then takes the old one's place."""
    temporary = _beside(path)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """What ``read_json`` reads, for people too. Raises UserError if the disk refuses."""
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _cannot_write(path: Path, error: OSError) -> UserError:
    reason = error.strerror or str(error)  # NumPy's short writes on a full disk carry no errno
    if isinstance(error, shutil.Error):
        reason = error.args[0][0][2]  # copytree lists (from, to, why)
    return UserError(f"cannot write {path}: {reason}; nothing half-written was left")
