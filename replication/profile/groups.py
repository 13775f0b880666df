"""Which part of the study a run belongs to. Its name says so: these are the runs of the paper."""

from dataclasses import dataclass

DATASETS = "data sets"  # Tab. 1 and 2: STEM-cips and STEM-stylegan2; and whatever has its own name
ABLATIONS = "ablations"  # Tab. 3: ablation-VARIANT
PANORAMAS = "panoramas"  # Fig. 11, 17: STEM-panorama
PATCHES = "patches"  # Tab. 5: STEM-patchSIZE


def group_of(run: str) -> str:
    """Return which of the four a run belongs to."""
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
