"""Claims about quality: CIPS against StyleGAN2, precision and recall, patches (Tab. 1, 2, 5)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from replication.claims.claim import COMPARISON, OWN_SIZE, Claim
from replication.claims.comparisons import DATASETS, distance, matched_budget, worse
from replication.claims.criterion import Criterion
from replication.claims.results import Key
from replication.claims.rules import PaperValue, equals_paper, more

NAMES = {"cips": "CIPS", "stylegan2": "StyleGAN2"}
QUOTATIONS = {  # of the model that is ahead
    "stylegan2": "StyleGANv2 achieving lower (better) FID score on FFHQ and Landscapes",
    "cips": "CIPS generator achieving lower score on LSUN Churches and both Satellite datasets",
}

table_1 = partial(Claim, section="4.2", items=("Tab. 1",), notebook="03-quality")


def against_stylegan2(dataset: str, row: Mapping[str, float]) -> Claim:
    """Return the claim which model is ahead in a row of Tab. 1."""
    stem, _ = DATASETS[dataset]
    best, other = sorted(NAMES, key=row.__getitem__)
    return table_1(
        code=f"{stem}-against-stylegan2",
        says=f"On {dataset} {NAMES[best]} has the smaller distance to real images.",
        quotation=QUOTATIONS[best],
        scope=COMPARISON,
        criteria=(worse(f"{stem}-{other}", f"{stem}-{best}"),),
    )


def value_of_table_1(dataset: str, fid: float, resolution: int) -> Claim:
    """Return the claim that the FID of CIPS is the one in Tab. 1."""
    stem, card = DATASETS[dataset]
    paper = PaperValue(fid, card, resolution, "FID-50k")
    return table_1(
        code=f"{stem}-fid",
        says=f"The FID of CIPS on {dataset} is the {fid} of Tab. 1.",
        quotation="FID on multiple datasets at resolution of 256",
        scope=OWN_SIZE,
        criteria=(equals_paper(distance(f"{stem}-cips"), paper),),
    )


def higher(measure: str, first: str, second: str) -> Criterion:
    """Ask that the first run has more of a measure of metrics.json."""

    def compare(a: str, b: str) -> Criterion:
        first_key, second_key = (Key(f"{run}/metrics", measure, label=measure) for run in (a, b))
        return more(first_key, second_key)

    return matched_budget(compare, first, second)


TABLE_2 = Claim(
    code="precision-up-recall-down",
    says="On faces CIPS has the higher precision and the lower recall.",
    quotation="better in terms of precision (corresponds to plausibility of images) and worse in "
    "recall",
    section="4.2",
    items=("Tab. 2",),
    notebook="03-quality",
    scope=COMPARISON,
    criteria=(
        higher("precision", "faces-cips", "faces-stylegan2"),
        higher("recall", "faces-stylegan2", "faces-cips"),
    ),
)


def quality_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Return the claims of Tab. 1 and 2. ``paper``: results/paper.yaml."""
    rows = paper["table-1"]["rows"]
    size = paper["table-1"]["protocol"]["resolution"]
    return (
        *(against_stylegan2(dataset, row) for dataset, row in rows.items()),
        *(value_of_table_1(dataset, rows[dataset]["cips"], size) for dataset in DATASETS),
        TABLE_2,
    )


PATCHES = tuple(
    Claim(
        code=f"{stem}-patches",
        says=f"On {dataset} smaller patches in training make worse images.",
        quotation="training with smaller size of patches degrades the overall quality",
        section="App. C",
        items=("Tab. 5", "Fig. 15"),
        notebook="10-patches",
        scope=COMPARISON,
        criteria=(
            worse(f"{stem}-patch128", f"{stem}-cips"),
            worse(f"{stem}-patch64", f"{stem}-patch128"),
        ),
    )
    for dataset, stem in (("FFHQ", "faces"), ("LSUN Churches", "churches"))
)
