"""Which part of the study a run belongs to. Its name says so: these are the runs of the paper."""

from collections.abc import Mapping
from dataclasses import dataclass

DATASETS = "data sets"  # Tab. 1 and 2: STEM-cips and STEM-stylegan2; and whatever has its own name
ABLATIONS = "ablations"  # Tab. 3: ablation-VARIANT
PANORAMAS = "panoramas"  # Fig. 11, 17: STEM-panorama
PATCHES = "patches"  # Tab. 5: STEM-patchSIZE
GROUPS = (DATASETS, ABLATIONS, PANORAMAS, PATCHES)


def group_of(run: str) -> str:
    """Return which of ``GROUPS`` a run belongs to."""
    if run.startswith("ablation-"):
        return ABLATIONS
    if run.endswith("-panorama"):
        return PANORAMAS
    return PATCHES if "-patch" in run else DATASETS


@dataclass(frozen=True)
class Column:
    """One of Tab. 3's."""

    title: str  # as the paper has it
    run: str
    variant: str  # a name in cipslib/presets.py
    printed: str | None  # its name in results/paper.yaml; None: the paper does not have it


COLUMNS = (
    Column("“base”", "ablation-base", "base", "base"),
    Column("No embed (NE)", "ablation-ne", "ne", "no embeddings"),
    Column("No Fourier", "ablation-nofourier", "no-fourier", "no Fourier"),
    Column("Main", "ablation-main", "main", "main"),
    Column("“Residual”", "ablation-residual", "residual", "residual"),
    Column("Sine", "ablation-sine", "sine", "sine"),
)


PAPER_DATASETS = ("faces", "churches", "landscapes", "satellite-buildings", "satellite-landscapes")
PAPER_RUNS = (  # a profile has each of them or says why not, and may have more
    *(f"{dataset}-{model}" for dataset in PAPER_DATASETS for model in ("cips", "stylegan2")),
    *(column.run for column in COLUMNS if column.printed),
    "landscapes-panorama",
    *(f"{dataset}-patch{size}" for dataset in ("faces", "churches") for size in (64, 128)),
)


def columns_with(variants: Mapping[str, str]) -> tuple[Column, ...]:
    """Return Tab. 3's columns, and one more for each other run among the ablations.

    ``variants``: the variant of every run of the model cips, by the run's name.
    """
    known = {column.run for column in COLUMNS}
    more = [run for run in variants if group_of(run) == ABLATIONS and run not in known]
    titles = [run.removeprefix("ablation-") for run in more]
    return *COLUMNS, *(
        Column(title, run, variants[run], None) for title, run in zip(titles, more, strict=True)
    )
