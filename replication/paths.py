"""The only place that knows directories."""

import os
from dataclasses import dataclass
from pathlib import Path

from cipslib.utils.errors import UserError


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

    def prepared(self, dataset: str) -> Path:
        """The folder of array, card and manifest."""
        return self.root / "data" / "prepared" / self.profile / dataset

    def images(self, dataset: str) -> Path:
        return self.prepared(dataset) / "images.npy"

    def card(self, dataset: str) -> Path:
        return self.prepared(dataset) / "card.json"

    def downloads(self, dataset: str) -> Path:
        return self.root / "data" / "raw" / dataset

    # --- runs
    @property
    def results(self) -> Path:
        return self.root / "results" / self.profile

    def run(self, run: str) -> Path:
        """All results of a run."""
        return self.results / "runs" / run

    @property
    def configs(self) -> Path:
        """Resolved parameters: of each run, and of the evaluation."""
        return self.results / "configs"

    def training(self, run: str, seed: int | None = None) -> Path:
        """The folder of the four below; ``seed``: one beyond the run's first."""
        folder = self.run(run) / "training"
        return folder if seed is None else folder / "seeds" / str(seed)

    def generator(self, run: str, seed: int | None = None) -> Path:
        return self.training(run, seed) / "generator.safetensors"

    def summary(self, run: str, seed: int | None = None) -> Path:
        return self.training(run, seed) / "summary.json"

    def grids(self, run: str) -> Path:
        return self.training(run) / "grids"

    def log(self, run: str) -> Path:
        return self.training(run) / "log"

    def work(self, run: str, fingerprint: str) -> Path:
        """Where a run under way keeps its state: no DVC output, so that it survives a kill."""
        return self.root / "results" / "work" / self.profile / f"{run}-{fingerprint}"

    def metrics(self, run: str) -> Path:
        return self.run(run) / "metrics.json"

    def analysis(self, run: str, command: str) -> Path:
        """Return the folder of what `cips COMMAND RUN` measured: numbers and arrays."""
        return self.run(run) / command

    def cost(self, stage: str, of: str | None) -> Path:
        """What a command cost on this machine: no DVC output."""
        name = stage if of is None else f"{stage}-{of}"
        return self.root / "results" / "work" / self.profile / "costs" / f"{name}.json"

    @property
    def logs(self) -> Path:
        """What stages printed under `cips repro`."""
        return self.root / "results" / "work" / self.profile / "logs"

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
    def source_notebooks(self) -> Path:
        return self.root / "notebooks"

    def source_notebook(self, name: str) -> Path:
        return self.source_notebooks / f"{name}.ipynb"

    def notebook(self, name: str) -> Path:
        return self.results / "notebooks" / f"{name}.ipynb"

    def figures(self, notebook: str) -> Path:
        return self.results / "figures" / notebook

    def tables(self, notebook: str) -> Path:
        return self.results / "tables" / notebook

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
