"""Tab. 5: training on patches (notebook 10)."""

from typing import Any

from cipslib.metrics.measurement import Measurement, Measurements
from replication.figures.page import Page
from replication.tables.tables import Comparison, Footnotes

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
) -> tuple[list[dict[str, Any]], dict[str, Measurements], list[Comparison]]:
    """Return Tab. 5, the runs' numbers, and each distance beside that of the next larger patch, if
    both runs saw as many images.
    """
    theirs, ablated = page.paper["table-5"]["rows"], page.paper["table-3"]["rows"]["main"]
    why = page.why_not(run for *_, run in ROWS)
    numbers = page.metrics(run for *_, run in ROWS if run not in why)
    column = ", ".join(sorted({_distance(of).protocol.name for of in numbers.values()})) or "Here"
    rows: list[dict[str, Any]] = []
    compared: list[Comparison] = []
    before: tuple[str, str, Measurement] | None = None
    for data, side, run in ROWS:
        fid = theirs[data].get(side, ablated)
        row: dict[str, Any] = {"Data, patch": f"{data}, {side}", "FID, paper": fid, "Run": run}
        rows.append(row)
        if run in why:
            row[column] = f"not run: {why[run]}"
            continue
        config, measures = page.whole.runs[run], numbers[run]
        patches, ours = config.training.patches, _distance(measures)
        taus = ", ".join(map(str, patches.dilations)) if patches else ""
        whole = f"{config.generator.resolution}, whole"
        row["Patch here"] = f"{patches.size}, τ {taus}" if patches else whole
        row["Images seen"] = config.length_text
        row[column] = notes.show(ours, "distance")
        row["Real"] = notes.show(measures["frechet"]["real"], "distance")
        faces = measures.get("faces", {}).get("generated")
        row["Faces found"] = notes.show(faces, "share of faces", percent=True)
        if before is not None and before[:2] == (data, config.length_text):
            compared.append((f"{data}, {run}", "distance", "above", ours, before[2]))
        before = (data, config.length_text, ours)
    return rows, numbers, compared


def _distance(measures: Measurements) -> Measurement:
    found = measures["frechet"]["generated"]
    assert found is not None  # of generated images there always is one
    return found
