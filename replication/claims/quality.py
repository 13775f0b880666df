"""Rules on quality: CIPS against StyleGAN2, precision and recall, patches (Tab. 1, 2, 5)."""

from collections.abc import Mapping
from typing import Any

from replication.claims.comparisons import DATASETS, distance, matched_budget, worse
from replication.claims.criterion import Criterion, Rules
from replication.claims.results import Key
from replication.claims.rules import PaperValue, equals_paper, more


def higher(measure: str, first: str, second: str) -> Criterion:
    """Ask that the first run has more of a measure of metrics.json."""

    def compare(a: str, b: str) -> Criterion:
        first_key, second_key = (Key(f"{run}/metrics", measure, label=measure) for run in (a, b))
        return more(first_key, second_key)

    return matched_budget(compare, first, second)


QUALITY: Rules = {
    "precision-up-recall-down": (
        higher("precision", "faces-cips", "faces-stylegan2"),
        higher("recall", "faces-stylegan2", "faces-cips"),
    ),
    **{
        f"{stem}-patches": (
            worse(f"{stem}-patch128", f"{stem}-cips"),
            worse(f"{stem}-patch64", f"{stem}-patch128"),
        )
        for stem in ("faces", "churches")
    },
}


def quality_rules(paper: Mapping[str, Any]) -> Rules:
    """Return the rules on quality. ``paper``: results/paper.yaml."""
    rules = dict(QUALITY)
    resolution = paper["table-1"]["protocol"]["resolution"]
    for dataset, row in paper["table-1"]["rows"].items():
        stem, card = DATASETS[dataset]
        best, other = sorted(row, key=row.__getitem__)
        rules[f"{stem}-against-stylegan2"] = (worse(f"{stem}-{other}", f"{stem}-{best}"),)
        printed = PaperValue(row["cips"], card, resolution, "FID-50k")
        rules[f"{stem}-fid"] = (equals_paper(distance(f"{stem}-cips"), printed),)
    return rules
