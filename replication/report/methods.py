"""The report's page of methods: how the numbers were taken, on what machine, at what cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import Cost, last_cost
from replication.report.fidelity import options_in_force
from replication.report.paper_tables import SHOWN
from replication.report.pipeline import Pipeline
from replication.report.provenance import STAGES, commit_of_stage
from replication.tables.markdown import markdown_table
from replication.tables.summaries import duration, images_text, origin_text, time_text
from replication.tables.tables import Footnotes, protocol_table, table_markdown

QUALITY = """*Distance* is between the features of generated and of real images; beside it the
distance between two sets of real images, the best to hope for, and that of the network before
training. *Faces* is the share of generated images in which MTCNN finds a face. Intervals are of
95 %, over the generated images of one trained generator or, beside mean ± standard deviation, over
several trainings."""
PROTOCOLS = """How the numbers above and in Tab. 1 to 3 and 5 were taken. Only numbers of one
protocol can be compared; the paper does not state its own. Pages with other numbers list their
protocols at their end."""
FIDELITY = """The paper and its authors' released code differ in places. Each row is a difference of
which this project can follow either side: what they have, and which values this profile uses.
`docs/fidelity.md` in the repository has all differences, also those without an option."""
COSTS = """Each stage with the parameters that it depends on, beside its code and the stages before
it. Time and memory (of the largest process) are those of its last complete run on the machine that
built this report; a stage that DVC took from its cache was not run. A commit with a + had
uncommitted changes."""


def methods_page(profile: Profile, pipeline: Pipeline) -> str:
    """Return the page in Markdown. Raises UserError if a result of a run is missing."""
    summaries = {run: read_json(profile.paths.summary(run)) for run in profile.runs}
    metrics = {run: read_json(profile.paths.metrics(run)) for run in profile.runs}
    numbers = {run: measurements_from_json(measured) for run, measured in metrics.items()}
    file = profile.params_file
    parts = [
        "# Methods",
        "## What was run",
        _runs(profile, summaries),
        "## Numbers of every run",
        QUALITY,
        _quality(numbers),
        "## Protocols",
        PROTOCOLS,
        table_markdown(protocol_table(numbers)),
        "## Options of fidelity",
        FIDELITY,
        markdown_table(
            ("", "Subject", "Paper", "Released code", "In force here"), options_in_force(profile)
        ),
        "## Machine and versions",
        _machines(summaries),
        f"({STAGES})=\n## Stages",
        COSTS,
        _stages(profile, pipeline),
        "## Every parameter",
        f"From `{file.relative_to(profile.paths.root)}`. A change in one of them re-runs the "
        "stages that depend on it, and no other.",
        f"```yaml\n{file.read_text().strip()}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _runs(profile: Profile, summaries: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for run, summary in summaries.items():
        config = profile.runs[run]
        rows.append(
            (
                run,
                f"{config.dataset}, {config.generator.resolution} px",
                f"{summary['parameters']['generator'] / 1e6:.3f} M",
                images_text(summary),
                origin_text(summary) if config.imported else time_text(summary),
            )
        )
    rows += [(run, f"not run: {why}", "–", "–", "–") for run, why in profile.left_out.items()]
    return markdown_table(("Run", "Data", "Generator", "Images seen", "Training time"), rows)


def _quality(numbers: Mapping[str, Measurements]) -> str:
    footnotes = Footnotes(SHOWN)
    rows = []
    for run, measures in numbers.items():
        distance = measures["frechet"]
        kinds = ("generated", "real", "untrained")
        shown = [footnotes.show(distance[kind], "distance") for kind in kinds]
        rows.append((run, *shown, _faces(measures, footnotes)))
    header = ("Run", "Distance", "Real against real", "Untrained", "Faces")
    return "\n\n".join((markdown_table(header, rows), *footnotes.lines))


def _faces(measures: Measurements, footnotes: Footnotes) -> str:
    if "faces" not in measures:
        return "–"
    generated, real = (
        footnotes.show(measures["faces"][kind], "share of faces", percent=True)
        for kind in ("generated", "real")
    )
    return f"{generated} (real: {real})"


def _machines(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the trainings ran on: what all have, and what differs with the runs."""
    environments = {run: summary["environment"] for run, summary in summaries.items()}
    rows = []
    for key in next(iter(environments.values())):
        having: dict[str, list[str]] = {}
        for run, environment in environments.items():
            having.setdefault(str(environment.get(key)), []).append(run)
        values = [f"{value} ({', '.join(runs)})" for value, runs in having.items()]
        rows.append((key, "; ".join(values if len(having) > 1 else having)))
    return markdown_table(("Of the trainings", "value"), rows)


def _stages(profile: Profile, pipeline: Pipeline) -> str:
    costs = {
        name: last_cost(profile, stage.command, stage.of) for name, stage in pipeline.stages.items()
    }
    rows = []
    for name, stage in pipeline.stages.items():
        cost = costs[name]
        absent = "being built" if stage.command == "report" else "not run on this machine"
        rows.append(
            (
                name,
                ", ".join(f"`{key}`" for key in stage.params) or "–",
                duration(cost.seconds) if cost else absent,
                f"{cost.peak_bytes / 2**20:.0f} MiB" if cost else "–",
                f"{cost.when[:16].replace('T', ' ')} UTC" if cost else "–",
                commit_of_stage(profile, stage) or "–",
            )
        )
    known = [cost for cost in costs.values() if cost is not None]
    header = ("Stage", "Parameters", "Time", "Memory", "Run at", "Commit")
    table = markdown_table(header, rows)
    return f"{_total(known)}\n\n{table}" if known else table


def _total(costs: Sequence[Cost]) -> str:
    took = duration(sum(cost.seconds for cost in costs))
    most = max(cost.peak_bytes for cost in costs) / 2**30
    machines = sorted({f"{cost.processor} ({cost.cores} cores)" for cost in costs})
    return (
        f"The stages run here took {took} in all, the largest process {most:.2f} GiB, on "
        f"{'; '.join(machines)}."
    )
