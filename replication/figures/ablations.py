"""Tab. 3: the variants of the generator and their distances, the paper's beside ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from cipslib.analysis.count import describe, preset
from cipslib.metrics.measurement import Measurement, Measurements
from cipslib.presets import VARIANTS
from cipslib.utils.shapes import UInt8
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.claims.undertrained import UNDERTRAINED, undertrained
from replication.figures.style import COLOURS, WIDTH
from replication.profile.groups import COLUMNS
from replication.tables.format_number import format_number
from replication.tables.summaries import images_text, time_text
from replication.tables.tables import Footnotes

NOT_RUN = "not run"
GRID = 8  # pictures in a row and in a column of a training's sample grid
INGREDIENTS = {  # Tab. 3's rows -> the field of a Variant
    "Fourier features": "fourier",
    "Coordinate embeddings": "embedding",
    "Residual blocks": "residual",
    "Skip connections": "skips",
    "Sine activation": "sine",
}
PAPER_SIZE = 256  # px


def ablation_table(
    fids: Mapping[str, float],
    numbers: Mapping[str, Measurements],
    summaries: Mapping[str, Mapping[str, Any]],
    left_out: Mapping[str, str],
) -> tuple[pd.DataFrame, Footnotes]:
    """Laid out as Tab. 3, and below its lines what was measured here, by run; and its notes.

    ``fids`` are the paper's, ``summaries`` those of the trainings, ``left_out`` why there is none.
    """
    footnotes = Footnotes(
        despite=ALLOWED_DIFFERENCES
    )  # without embeddings there is nothing to look up

    def measured(kind: str) -> list[str]:
        return [
            footnotes.show(numbers[one.run]["frechet"][kind], "distance")
            + (drawing_mark(numbers[one.run], footnotes) if kind == "generated" else "")
            if one.run in numbers
            else NOT_RUN
            for one in COLUMNS
        ]

    def summed_up(say: Any) -> list[str]:
        return [say(summaries[c.run]) if c.run in summaries else NOT_RUN for c in COLUMNS]

    lines = {
        label: ["+" if getattr(VARIANTS[one.variant], part) else "–" for one in COLUMNS]
        for label, part in INGREDIENTS.items()
    }
    lines["FID, paper"] = [str(fids[one.printed]) for one in COLUMNS]
    lines["Parameters at the paper's size"] = [_at_the_papers_size(c.variant) for c in COLUMNS]
    lines[f"{distance_name(numbers)}, here"] = measured("generated")
    lines["of other real pictures"] = measured("real")
    lines["untrained"] = measured("untrained")
    lines["Parameters here"] = summed_up(lambda s: f"{s['parameters']['generator']:,}")
    lines["Images seen"] = summed_up(images_text)
    lines["Training"] = summed_up(time_text)
    if any(one.run in left_out for one in COLUMNS):
        lines["Why not run"] = [left_out.get(one.run, "") for one in COLUMNS]
    titles = [one.title for one in COLUMNS]
    table = pd.DataFrame.from_dict(lines, orient="index", columns=titles)
    return table.rename_axis("CIPS").reset_index(), footnotes


def drawing_mark(measures: Measurements, footnotes: Footnotes) -> str:
    """Of a network that has not learnt to draw; none of any other."""
    return footnotes.note(UNDERTRAINED) if undertrained(measures) else ""


def distance_name(numbers: Mapping[str, Measurements]) -> str:
    """What the first run's distance is called."""
    for measures in numbers.values():
        found = measures["frechet"]["generated"]
        assert found is not None  # of generated pictures there always is one
        return found.protocol.name
    return "distance"


def _at_the_papers_size(variant: str) -> str:
    described = describe(preset(variant, "paper", PAPER_SIZE))
    return f"{described['parameters']['total'] / 1e6:.1f} M"


@dataclass(frozen=True)
class Compared:
    """A row of ``distances_figure``."""

    title: str
    fid: float  # the paper's
    here: Measurement | None  # None: not run
    note: str = ""  # behind the number
    mark: str = ""  # of a note below the table


def distances_figure(rows: Sequence[Compared], name: str, real: Measurement | None) -> Figure:
    """The paper's FIDs at the left; distances, called ``name``, at the right on their own scale.

    ``real``: the distance of other real pictures, a dashed line.
    """
    size = (WIDTH, 0.6 + 0.38 * len(rows))
    figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True)
    beside: dict[str, Any] = {"fontsize": 8, "textcoords": "offset points", "ha": "center"}
    for place, row in enumerate(rows):
        left.plot(row.fid, place, "D", color=COLOURS["neutral"])
        left.annotate(str(row.fid), (row.fid, place), (0, 6), **beside)
        if row.here is None:
            across = right.get_yaxis_transform()
            right.text(0.5, place, NOT_RUN, fontsize=8, va="center", transform=across)
            continue
        found = row.here.estimate
        reach = [[found.value - found.low], [found.high - found.value]]
        right.errorbar(found.value, place, xerr=reach, fmt="o", color=COLOURS["here"], capsize=3)
        offset, start = ((8, -3), "left") if row.note else ((0, 6), "center")
        where = (found.value, place)
        text = format_number(found.value)[0] + row.mark + row.note
        right.annotate(text, where, offset, **{**beside, "ha": start})
    if real is not None:
        value = real.estimate.value
        right.axvline(value, color=COLOURS["real"], linestyle="--", linewidth=1)
        right.annotate("real", (value, len(rows) - 0.5), (3, 2), **{**beside, "ha": "left"})
    left.set_yticks(range(len(rows)), [row.title for row in rows])
    left.set_ylim(len(rows) - 0.5, -0.7)
    left.set_xlabel("FID, paper (FFHQ, 256 px)")
    right.set_xlabel(f"here, {name}", fontsize=9)
    for axes in (left, right):
        axes.set_xlim(0, 1.12 * axes.get_xlim()[1])
    return figure


def last_samples(grids: Path, count: int) -> UInt8[np.ndarray, "{count} h w 3"]:
    """The first pictures of a training's last sample grid: nothing needs to be drawn again."""
    grid = np.asarray(Image.open(max(grids.glob("*.png"))))
    height, width = (size // GRID for size in grid.shape[:2])
    rows = grid.reshape(GRID, height, GRID, width, 3).swapaxes(1, 2)
    return rows.reshape(-1, height, width, 3)[:count]
