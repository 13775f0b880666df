"""Tab. 5: training on patches (notebook 10)."""

from typing import Any

from cipslib.metrics.measurement import Measurements
from replication.figures.page import Page, quality_mark
from replication.figures.quality import name_of
from replication.tables.tables import Footnotes

# Tab. 5's rows, the paper's data set and side of a patch, and which run stands there. The main run
# on faces may be trained for longer; that of Tab. 3 is the same configuration.
ROWS: list[tuple[str, int | str, str]] = [
    ("FFHQ", 256, "faces-cips"),
    ("FFHQ", "256 (Tab. 3)", "ablation-main"),
    *(("FFHQ", side, f"faces-patch{side}") for side in (128, 64)),
    ("LSUN Churches", 256, "churches-cips"),
    *(("LSUN Churches", side, f"churches-patch{side}") for side in (128, 64)),
]


def patches_table(
    page: Page, notes: Footnotes
) -> tuple[list[dict[str, Any]], dict[str, Measurements]]:
    """Return Tab. 5, and the numbers of its runs."""
    theirs, ablated = page.paper["table-5"]["rows"], page.paper["table-3"]["rows"]["main"]
    why = page.why_not(run for *_, run in ROWS)
    numbers = page.metrics(run for *_, run in ROWS if run not in why)
    rows: list[dict[str, Any]] = []
    for data, side, run in ROWS:
        fid = theirs[data].get(side, ablated)
        row: dict[str, Any] = {"Data, patch": f"{data}, {side}", "FID, paper": fid, "Run": run}
        rows.append(row)
        if run in why:
            row["Measure"] = f"not run: {why[run]}"
            continue
        config, measures = page.whole.runs[run], numbers[run]
        patches, distance = config.training.patches, measures["frechet"]
        taus = ", ".join(map(str, patches.dilations)) if patches else ""
        whole = f"{config.generator.resolution}, whole"
        row["Patch here"] = f"{patches.size}, τ {taus}" if patches else whole
        row["Images seen"] = config.length_text
        row["Measure"] = name_of(distance["generated"])
        row["Here"] = notes.show(distance["generated"], "distance") + quality_mark(measures, notes)
        row["Real"] = notes.show(distance["real"], "distance")
        faces = measures.get("faces", {}).get("generated")
        row["Faces found"] = notes.show(faces, "share of faces", percent=True)
    return rows, numbers
