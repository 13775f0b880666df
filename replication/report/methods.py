"""The report's page of methods: what was run, how the numbers were taken, at what cost."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.metrics.measurement import measurements_from_json
from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import Cost, last_cost
from replication.report.pipeline import read_pipeline
from replication.report.template import fill
from replication.tables.summaries import duration, images_text, origin_text, time_text
from replication.tables.tables import markdown_table, protocol_table, table_markdown

ABSOLUTE = re.compile(r'^( *source: ")/.*/([^/\n]+")$', re.MULTILINE)  # as new-profile writes it


def methods_page(profile: Profile) -> str:
    """Return the page in Markdown. Raises UserError if a result of a run is missing."""
    summaries = {run: read_json(profile.paths.summary(run)) for run in profile.runs}
    numbers = {
        run: measurements_from_json(read_json(profile.paths.metrics(run))) for run in profile.runs
    }
    return fill(
        "methods.md",
        runs=_runs(profile, summaries),
        protocols=table_markdown(protocol_table(numbers)),
        stages=_stages(profile),
        file=profile.params_file.relative_to(profile.paths.root).as_posix(),
        parameters=ABSOLUTE.sub(r"\1\2", profile.params_file.read_text()).strip(),
    )


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


def _stages(profile: Profile) -> str:
    known = []
    rows = []
    for name, stage in read_pipeline(profile).items():
        cost = last_cost(profile, stage.command, stage.of)
        if cost:
            known.append(cost)
        absent = "being built" if stage.command == "report" else "not run on this machine"
        rows.append(
            (
                name,
                ", ".join(f"`{key}`" for key in stage.params) or "–",
                duration(cost.seconds) if cost else absent,
                f"{cost.peak_bytes / 2**20:.0f} MiB" if cost else "–",
                f"{cost.when[:16].replace('T', ' ')} UTC" if cost else "–",
                (cost and cost.commit) or "–",
            )
        )
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
