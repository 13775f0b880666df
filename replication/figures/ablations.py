"""Tab. 3: the variants of the generator and their distances, the paper's beside ours."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from cipslib.metrics.measurement import Measurements
from cipslib.networks.generator import GeneratorConfig
from cipslib.presets import VARIANTS, variant_name
from cipslib.utils.shapes import UInt8
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.figures.page import Page
from replication.figures.quality import measured_cells
from replication.profile.groups import ABLATIONS, COLUMNS, Column
from replication.tables.summaries import images_text, time_text
from replication.tables.tables import Footnotes

GRID = 8  # images in a row and in a column of a training's sample grid
INGREDIENTS = {  # Tab. 3's rows -> the field of a Variant
    "Fourier features": "fourier",
    "Coordinate embeddings": "embedding",
    "Residual blocks": "residual",
    "Skip connections": "skips",
    "Sine activation": "sine",
}


def tab_3_columns(page: Page) -> tuple[Column, ...]:
    """Return the columns of Tab. 3, and one more for each other run among the ablations."""
    columns = {column.run: column for column in COLUMNS}
    for run, config in page.whole.only(ABLATIONS).runs.items():
        if run not in columns and isinstance(config.generator, GeneratorConfig):
            variant = variant_name(config.generator.variant)
            columns[run] = Column(run.removeprefix("ablation-"), run, variant, None)
    return tuple(columns.values())


def ablation_table(
    columns: Sequence[Column],
    fids: Mapping[str, float],
    numbers: Mapping[str, Measurements],
    summaries: Mapping[str, Mapping[str, Any]],
) -> tuple[pd.DataFrame, Footnotes]:
    """Return Tab. 3 in the paper's layout, below its lines what was measured here, and the notes.

    ``fids`` are the paper's, ``summaries`` those of the trainings, by run.
    """
    notes = Footnotes(despite=ALLOWED_DIFFERENCES)  # without embeddings there is nothing to look up
    table = {}
    for one in columns:
        parts = VARIANTS[one.variant]
        cells = {label: "+" if getattr(parts, part) else "–" for label, part in INGREDIENTS.items()}
        cells["FID, paper"] = str(fids[one.printed]) if one.printed else "–"
        if one.run in numbers:
            summary = summaries[one.run]
            cells |= measured_cells(numbers[one.run], "frechet", notes)
            cells["Parameters here"] = f"{summary['parameters']['generator']:,}"
            cells["Images seen"] = images_text(summary)
            cells["Training"] = time_text(summary)
        table[one.title] = cells
    frame = pd.DataFrame(table).fillna("not run")
    return frame.rename_axis("CIPS").reset_index(), notes


def grid_images(path: Path, count: int) -> UInt8[np.ndarray, "{count} h w 3"]:
    """Return the first images of a training's sample grid: nothing needs to be drawn again."""
    grid = np.asarray(Image.open(path))
    height, width = (size // GRID for size in grid.shape[:2])
    rows = grid.reshape(GRID, height, GRID, width, 3).swapaxes(1, 2)
    return rows.reshape(-1, height, width, 3)[:count]
