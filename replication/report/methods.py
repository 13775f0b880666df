"""The report's page of methods: how the numbers were taken, on what machine, at what cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import Cost, last_cost
from replication.report.fidelity import options_in_force
from replication.report.paper_tables import SHOWN
from replication.report.pipeline import Pipeline, Stage
from replication.report.provenance import COMMITS, STAGES, commits_section
from replication.tables.markdown import markdown_table
from replication.tables.summaries import duration, images_text, origin_text, time_text
from replication.tables.tables import Footnotes, protocol_table, table_markdown


def methods_page(profile: Profile, pipeline: Pipeline) -> str:
    """Markdown. Raises UserError if a result of a run is missing."""
    summaries = {run: read_json(profile.paths.summary(run)) for run in profile.runs}
    metrics = {run: read_json(profile.paths.metrics(run)) for run in profile.runs}
    numbers = {run: measurements_from_json(measured) for run, measured in metrics.items()}
    return f"""# Methods

## What was run

{_runs(profile, summaries)}

## Numbers of every run

*Distance* is between the features of generated and of real pictures; beside it the same distance
between two sets of real pictures, the best to hope for, and that of the network before training.
*Faces* is the share of generated pictures in which MTCNN finds a face. Intervals are of 95 %, over
the generated pictures of one trained generator or, beside mean ± standard deviation, over several
trainings.

{_quality(numbers)}

## Protocols

How the numbers above and in Tab. 1 to 3 and 5 were taken. Only numbers of one protocol compare; the
paper does not say its own. Pages with other numbers have their protocols at their end.

{table_markdown(protocol_table(numbers))}

## Options of fidelity

The paper and the code that its authors released part in places. Each row is a difference that this
project can follow either way: what they have, and what is in force in this profile.
`docs/fidelity.md` in the repository has all differences, also those without an option.

{_fidelity(profile)}

## Machine and versions

{_machines(summaries)}

({COMMITS})=
## Commits

{commits_section(profile, pipeline)}

({STAGES})=
## Stages

Each stage with the parameters on which it depends beside its code and the stages before it. Time
and memory are of the last time that it ran to its end on the machine that built this report; memory
is that of its largest process. What DVC took from its cache was not run.

{_stages(profile, pipeline)}

## Every parameter

From `{profile.params_file.relative_to(profile.paths.root)}`. A change in one of them re-runs the
stages that depend on it, and no other.

```yaml
{profile.params_file.read_text().strip()}
```
"""


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


def _fidelity(profile: Profile) -> str:
    rows = [
        (each.code, each.subject, each.paper, each.released, each.here)
        for each in options_in_force(profile)
    ]
    return markdown_table(("", "Subject", "Paper", "Released code", "In force here"), rows)


def _machines(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Of the trainings: what all have, and what differs with the runs that have it."""
    environments = {run: summary["environment"] for run, summary in summaries.items()}
    rows = []
    for key in next(iter(environments.values())):
        having: dict[str, list[str]] = {}
        for run, environment in environments.items():
            having.setdefault(str(environment.get(key)), []).append(run)
        alike = len(having) == 1
        said = [each if alike else f"{each} ({', '.join(runs)})" for each, runs in having.items()]
        rows.append((key, "; ".join(said)))
    return markdown_table(("Of the trainings", "value"), rows)


def _stages(profile: Profile, pipeline: Pipeline) -> str:
    costs = {
        name: last_cost(profile, stage.command, stage.of) for name, stage in pipeline.stages.items()
    }
    rows = [_stage(stage, costs[name]) for name, stage in pipeline.stages.items()]
    known = [cost for cost in costs.values() if cost is not None]
    parts = [_total(known)] if known else []
    header = ("Stage", "Parameters", "Time", "Memory", "Run at", "Commit")
    return "\n\n".join((*parts, markdown_table(header, rows)))


def _total(costs: Sequence[Cost]) -> str:
    took = duration(sum(cost.seconds for cost in costs))
    most = max(cost.peak_bytes for cost in costs) / 2**30
    machines = sorted({f"{cost.processor} ({cost.cores} cores)" for cost in costs})
    return (
        f"Those that were run here took {took} in all, the largest process {most:.2f} GiB; on "
        f"{'; '.join(machines)}."
    )


def _stage(stage: Stage, cost: Cost | None) -> tuple[str, ...]:
    keys = ", ".join(f"`{key}`" for key in stage.params) or "–"
    if cost is None:
        why = "this page's own" if stage.name == "report" else "not run on this machine"
        return stage.name, keys, why, "–", "–", "–"
    memory = f"{cost.peak_bytes / 2**20:.0f} MiB"
    when = f"{cost.when[:16].replace('T', ' ')} UTC"
    return stage.name, keys, duration(cost.seconds), memory, when, cost.commit or "no checkout"
