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

from cipslib.analysis.count import describe
from cipslib.metrics.measurement import Measurement, Measurements
from cipslib.networks.generator import GeneratorConfig
from cipslib.presets import VARIANTS, generator_preset, variant_name
from cipslib.utils.shapes import UInt8
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.figures.page import Page, quality_mark
from replication.figures.style import COLOURS, WIDTH
from replication.profile.groups import Column, columns_with
from replication.tables.format_number import format_number
from replication.tables.summaries import images_text, time_text
from replication.tables.tables import Comparison, Footnotes

NOT_RUN = "not run"
GRID = 8  # images in a row and in a column of a training's sample grid
INGREDIENTS = {  # Tab. 3's rows -> the field of a Variant
    "Fourier features": "fourier",
    "Coordinate embeddings": "embedding",
    "Residual blocks": "residual",
    "Skip connections": "skips",
    "Sine activation": "sine",
}
PAPER_SIZE = 256  # px


def tab_3_columns(page: Page) -> tuple[Column, ...]:
    """Return the columns of Tab. 3, and those of ablations that the paper does not have."""
    configs = {run: config.generator for run, config in page.whole.runs.items()}
    return columns_with(
        {
            run: variant_name(config.variant)
            for run, config in configs.items()
            if isinstance(config, GeneratorConfig)
        }
    )


def ablation_table(
    columns: Sequence[Column],
    fids: Mapping[str, float],
    numbers: Mapping[str, Measurements],
    summaries: Mapping[str, Mapping[str, Any]],
    why_not: Mapping[str, str],
) -> tuple[pd.DataFrame, Footnotes]:
    """Return Tab. 3 in the paper's layout, below its lines what was measured here, and the notes.

    ``fids`` are the paper's, ``summaries`` those of the trainings, by run.
    """
    notes = Footnotes(despite=ALLOWED_DIFFERENCES)  # without embeddings there is nothing to look up

    def measured(kind: str) -> list[str]:
        cells = []
        for one in columns:
            cell = NOT_RUN
            if one.run in numbers:
                cell = notes.show(numbers[one.run]["frechet"][kind], "distance")
                cell += quality_mark(numbers[one.run], notes) if kind == "generated" else ""
            cells.append(cell)
        return cells

    def summed_up(say: Any) -> list[str]:
        return [say(summaries[c.run]) if c.run in summaries else NOT_RUN for c in columns]

    lines = {
        label: ["+" if getattr(VARIANTS[one.variant], part) else "–" for one in columns]
        for label, part in INGREDIENTS.items()
    }
    lines["FID, paper"] = [str(fids[c.printed]) if c.printed else "–" for c in columns]
    lines["Parameters at the paper's size"] = [_paper_size_parameters(c.variant) for c in columns]
    lines[f"{distance_name(numbers)}, here"] = measured("generated")
    lines["of other real images"] = measured("real")
    lines["untrained"] = measured("untrained")
    lines["Parameters here"] = summed_up(lambda s: f"{s['parameters']['generator']:,}")
    lines["Images seen"] = summed_up(images_text)
    lines["Training"] = summed_up(time_text)
    if any(one.run in why_not for one in columns):
        lines["Why not run"] = [why_not.get(one.run, "") for one in columns]
    titles = [one.title for one in columns]
    table = pd.DataFrame.from_dict(lines, orient="index", columns=titles)
    return table.rename_axis("CIPS").reset_index(), notes


def distance_name(numbers: Mapping[str, Measurements]) -> str:
    """Return what the first run's distance is called."""
    for measures in numbers.values():
        found = measures["frechet"]["generated"]
        assert found is not None  # of generated images there always is one
        return found.protocol.name
    return "distance"


def _paper_size_parameters(variant: str) -> str:
    described = describe(generator_preset(variant, "paper", PAPER_SIZE))
    return f"{described['parameters'] / 1e6:.1f} M"


@dataclass(frozen=True)
class DistanceRow:
    """A row of ``plot_distances``."""

    title: str
    fid: float | None  # the paper's, if it has one
    here: Measurement | None  # None: not run
    note: str = ""  # behind the number
    mark: str = ""  # of a note below the table


def plot_distances(rows: Sequence[DistanceRow], name: str, real: Measurement | None) -> Figure:
    """Draw the paper's FIDs left; distances, called ``name``, at the right on their own scale.

    ``real``: the distance of other real images, a dashed line.
    """
    size = (WIDTH, 0.6 + 0.38 * len(rows))
    figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True)
    beside: dict[str, Any] = {"fontsize": 8, "textcoords": "offset points", "ha": "center"}
    for place, row in enumerate(rows):
        if row.fid is not None:
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
        text = format_number(found.value)[0] + row.mark + row.note
        right.annotate(text, (found.value, place), offset, **{**beside, "ha": start})
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


def ablation_orders(
    columns: Sequence[Column],
    fids: Mapping[str, float],
    titles: Mapping[str, str],
    distances: Mapping[str, Measurement | None],
    longer: str,
) -> list[Comparison]:
    """Return what the paper says of its variants, as two distances of which the first is above.

    ``titles`` and ``distances``: by run; ``longer``: that of Tab. 1.
    """
    ne, base, main = "ablation-ne", "ablation-base", "ablation-main"
    no_fourier, sine = "ablation-nofourier", "ablation-sine"
    others = [one.run for one in columns if one.printed and one.run not in (base, ne)]
    orders = (
        ("embeddings matter most; both encodings are needed", ne, base),
        *(("embeddings matter most", ne, run) for run in others),
        ("both encodings are needed", no_fourier, base),
        ("skip connections help", base, main),
        ("residual blocks help", base, "ablation-residual"),
        (f"Tab. 3: {fids['sine']} against {fids['base']}", sine, base),
        (f"Tab. 3: {fids['no Fourier']} against {fids['sine']}", no_fourier, sine),
        ("longer training helps", main, longer),
    )
    return [
        (said, f"{titles[a]} against {titles[b]}", "above", distances.get(a), distances.get(b))
        for said, a, b in orders
    ]


def grid_images(path: Path, count: int) -> UInt8[np.ndarray, "{count} h w 3"]:
    """Return the first images of a training's sample grid: nothing needs to be drawn again."""
    grid = np.asarray(Image.open(path))
    height, width = (size // GRID for size in grid.shape[:2])
    rows = grid.reshape(GRID, height, GRID, width, 3).swapaxes(1, 2)
    return rows.reshape(-1, height, width, 3)[:count]
