"""Fig. 18: whether the generator copies (notebook 12)."""

from typing import Any

import numpy as np

from cipslib.analysis.memorisation import CLOSEST
from replication.figures.page import Page, Results
from replication.tables.tables import with_interval


def test_rows(results: Results) -> list[dict[str, Any]]:
    """Return what the test of copies found, and in how many images a face was."""
    test = results.content["memorisation"]
    closer = results.numbers.get("closer", {}).get("generated")
    p = f"{test['p']:.2g}" if "p" in test else test["untested"]
    rows = [("closer than held out", with_interval(closer), "towards 1"), ("p", p, "< 0.05")]
    faces = results.numbers.get("faces", {})
    kinds = {"generated": "generated", "held_out": "held-out real", "training": "training"}
    for kind, label in kinds.items():
        if kind in faces:
            rows.append((f"faces found, {label}", with_interval(faces[kind], percent=True), "–"))
    return [dict(zip(("Number", "Here", "If copied"), row, strict=True)) for row in rows]


def verdict(page: Page, results: Results) -> str:
    """Say whether the test finds copies."""
    test = results.content.get("memorisation", {})
    untested = results.left_out or test.get("untested")
    if untested:
        return f"Whether the generator copies was not tested: {untested}."
    closer = results.numbers["closer"]["generated"]
    assert closer is not None
    low, high = closer.estimate.low, closer.estimate.high
    side = "closer than" if low > 0.5 else "farther than" if high < 0.5 else "as far as"
    sides = [results.arrays[f"{kind}_to_training"] for kind in ("generated", "held_out")]
    pooled = np.sort(np.concatenate(sides))
    limit = pooled[max(1, round(CLOSEST * len(pooled))) - 1]
    near, few = (int((each <= limit).sum()) for each in (sides[0], pooled))
    real = int(str(closer.protocol.entries["real_images"]))
    seen = page.study.run(results.run).training.total_images / real
    return (
        f"p = {test['p']:.2g}: the test finds {'copies' if test['p'] < 0.05 else 'no copies'}. "
        f"Generated images are {side} held-out ones from the training set, and {near} of the {few} "
        f"closest (1 % of all) are generated, where {test['expected']:.0%} would be without "
        f"copies. In training each image was shown {seen:.1f} times."
    )
