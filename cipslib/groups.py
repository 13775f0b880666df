"""Which part of the study a run belongs to. Its name says so: these are the runs of the paper."""

DATASETS = "data sets"  # Tab. 1 and 2: STEM-cips and STEM-stylegan2; and whatever has its own name
ABLATIONS = "ablations"  # Tab. 3: ablation-VARIANT
PANORAMAS = "panoramas"  # Fig. 11, 17: STEM-panorama
PATCHES = "patches"  # Tab. 5: STEM-patchSIZE
GROUPS = (DATASETS, ABLATIONS, PANORAMAS, PATCHES)


def group_of(run: str) -> str:
    """One of ``GROUPS``."""
    if run.startswith("ablation-"):
        return ABLATIONS
    if run.endswith("-panorama"):
        return PANORAMAS
    return PATCHES if "-patch" in run else DATASETS
