"""What a notebook needs: a profile's results by run, and where its figures and tables go."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Image, Markdown
from matplotlib.figure import Figure

from cipslib.datasets.prepared import centres, open_images, read_prepared
from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.networks.files import load_generator
from cipslib.networks.models import AnyGenerator
from cipslib.utils.files import read_json
from cipslib.utils.shapes import UInt8
from cipslib.utils.yaml_file import read_yaml
from replication.claims.judge import judge_claims
from replication.claims.undertrained import UNDERTRAINED, undertrained, undertrained_text
from replication.figures.style import WIDTH, save_figure, use_style
from replication.profile.profile import load_profile, profile_file
from replication.profile.results import Arrays, read_results
from replication.tables.format_number import typeset
from replication.tables.tables import Footnotes, protocol_table, save_table, with_interval


@dataclass(frozen=True)
class Results:
    """What a command measured of a run: numbers, arrays for figures, and all that its JSON says."""

    run: str
    content: dict[str, Any]
    numbers: Measurements
    arrays: Arrays

    @property
    def left_out(self) -> str | None:
        """Why the profile does without the run; None if it has it."""
        return self.content.get("left_out")


class Page:
    """A notebook's results; ``groups`` of runs (replication/profile/groups.py), or all of them.

    Where a run is left out, figures and tables say so, in words that no notebook has to repeat.
    """

    def __init__(self, name: str, profile: str, *groups: str):
        use_style()
        self.name = name
        self.whole = load_profile(profile_file(profile))
        self.study = self.whole.only(*groups) if groups else self.whole
        self.main = self.whole.main
        self.paths = self.whole.paths
        self.paper = read_yaml(self.paths.paper)

    def results(self, run: str, command: str) -> Results:
        """Read what one of the commands "spectra", "latents", ... measured of a run."""
        content, arrays = read_results(self.paths.analysis(run, command))
        numbers = {} if "left_out" in content else measurements_from_json(content)
        return Results(run, content, numbers, arrays)

    def metrics(self, runs: Iterable[str]) -> dict[str, Measurements]:
        """Read what `cips evaluate` measured of these runs."""
        return {run: measurements_from_json(read_json(self.paths.metrics(run))) for run in runs}

    def dataset(self, run: str) -> tuple[str, str | None]:
        """Return a run's data set, and the paper's set whose part it plays."""
        name = self.whole.runs[run].dataset
        return name, read_prepared(self.paths.card(name))["paper_dataset"]

    def summaries(self, runs: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Read how these runs were trained."""
        return {run: read_json(self.paths.summary(run)) for run in runs}

    def generator(self, run: str) -> AnyGenerator:
        """Load the generator that is evaluated: the moving average."""
        return load_generator(self.paths.generator(run))

    def images(self, dataset: str) -> UInt8[np.ndarray, "count h w 3"]:
        """Return a data set's images at the resolution of the training."""
        config = self.whole.datasets[dataset]
        return centres(open_images(self.paths.images(dataset), config.side), config.resolution)

    def evenly_spaced(self, dataset: str, count: int) -> UInt8[np.ndarray, "{count} h w 3"]:
        """Return members of a data set that nobody picked."""
        images = self.images(dataset)
        return images[np.linspace(0, len(images) - 1, count).astype(int)]

    def why_not(self, runs: Iterable[str]) -> dict[str, str]:
        """Return the reason of each of these runs that the profile does not have."""
        none = "this profile does not have it"
        absent = (run for run in runs if run not in self.whole.runs)
        return {run: self.whole.left_out.get(run, none) for run in absent}

    def figure(
        self, name: str, plot: Figure | str | Callable[..., Figure], *results: Results
    ) -> Image:
        """Save and show a figure, what ``plot`` draws of results, or a text in a figure's place."""
        absent = [f"{each.run} was not run: {each.left_out}" for each in results if each.left_out]
        drawn = absent[0] if absent else plot
        if callable(drawn):
            drawn = drawn(*results)
        if isinstance(drawn, str):
            text, drawn = drawn, plt.figure(figsize=(WIDTH, 1.0))
            drawn.text(0.5, 0.5, text, ha="center", va="center", wrap=True)
        return save_figure(drawn, self.paths.figures(self.name), name)

    def table(
        self,
        name: str,
        rows: Any,
        *results: Results,
        footnotes: Footnotes | None = None,
        why_not: Mapping[str, str] | None = None,
    ) -> Markdown:
        """Save and show a table: rows by column, a DataFrame, or a function of the results.

        ``why_not``: what is not in it, and why; each gets a row at the end.
        """
        absent = {each.run: each.left_out for each in results if each.left_out}
        made = rows(*results) if callable(rows) and not absent else rows
        table = pd.DataFrame([] if absent else made, dtype=object)
        first = table.columns[0] if len(table.columns) else "Run"
        reasons = {**absent, **(why_not or {})}.items()
        more = pd.DataFrame({first: f"{run}: not run: {why}"} for run, why in reasons)
        table = pd.concat([table, more]).fillna("–")
        return save_table(table, self.paths.tables(self.name), name, footnotes)

    def claims(self) -> Markdown:
        """Judge the claims that this notebook shows; save and show a row for each of their rules,
        all of which a claim needs.
        """
        rows = []
        for verdict in judge_claims(self.whole, self.name):
            for outcome in verdict.outcomes:
                why = "; ".join(filter(None, (outcome.remark, *outcome.missing)))
                numbers = map(with_interval, outcome.numbers.values())
                rows.append(
                    {
                        "Claim": verdict.claim.statement.says,
                        "Rule": outcome.rule,
                        "Here / compared with": " / ".join(numbers) or "–",
                        "Verdict": f"{outcome.verdict} ({why})" if why else outcome.verdict,
                    }
                )
        return self.table("claims", rows)

    def protocols(self, name: str, numbers: Mapping[str, Measurements]) -> Markdown:
        """Save and show how each number was taken, entry by entry."""
        return self.table(name, protocol_table(numbers))

    def about(self, results: Results, text: str) -> Markdown:
        """Say something of results, or why there are none."""
        absent = f"{results.run} was not run: {results.left_out}"
        return Markdown(typeset(absent if results.left_out else text))

    def undertrained(self, runs: Iterable[str]) -> Markdown:
        """Say which runs' generators are too poor to be compared."""
        numbers = self.metrics(runs)
        return Markdown(undertrained_text({run: undertrained(numbers[run]) for run in numbers}))


def quality_mark(measures: Measurements, notes: Footnotes) -> str:
    """Return the mark of a run whose generator is too poor to be compared; none of any other."""
    return notes.note(UNDERTRAINED) if undertrained(measures) else ""
