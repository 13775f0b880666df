"""Whether a generator has learnt to draw at all, by what was measured of its pictures.

A distance alone does not say: between that of an untrained network and that of other real pictures
lie orders of magnitude, and it has no point at which pictures begin to be recognised.
"""

from collections.abc import Iterator, Mapping

from cipslib.metrics.measurement import Measurement

# Shares that other real pictures have nearly in full. An untrained network can have the recall of
# noise, which lies among everything; it has next to no precision and no coverage.
SHARES = {
    "faces": "faces found",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
}
LEAST = 0.25  # of what other real pictures reach
NAMES = " or ".join((", ".join([*SHARES.values()][:-1]), [*SHARES.values()][-1]))
NOTE = (
    f"Has not learnt to draw: {NAMES} is below {100 * LEAST:g} % of what other real pictures reach."
)

Kinds = Mapping[str, Mapping[str, Measurement | None]]  # a run's numbers: measure -> kind -> number


def not_learnt(kinds: Kinds) -> str:
    """Why the generator has not learnt to draw; empty if no measured share says so.

    ``kinds``: a run's numbers by measure, then by kind, "generated" and "real". It has not if one
    of ``SHARES`` is, with its whole interval, below ``LEAST`` of what other real pictures reach.
    The reverse is not said: who passes may draw badly.
    """
    return "; ".join(_too_small(kinds))


def drawing_text(runs: Mapping[str, Kinds]) -> str:
    """Of several runs: which have not learnt to draw, why, and what follows for comparisons."""
    short = {run: why for run, kinds in runs.items() if (why := not_learnt(kinds))}
    if not short:
        return f"Of no run {NAMES} is below {100 * LEAST:g} % of what other real pictures reach."
    lines = [f"- `{run}`: {why}" for run, why in short.items()]
    head = (
        f"**{len(short)} of {len(runs)} runs have not learnt to draw:** {NAMES} is below "
        f"{100 * LEAST:g} % of what other real pictures reach. Comparisons with them say how a "
        "training begins, not which network is better once trained: claims on them are "
        "inconclusive, unless they ask what a longer training does. The others may draw badly, "
        "too, above all where no detector of faces can be asked."
    )
    return "\n".join((head, "", *lines))


def _percent(share: float) -> str:
    """0.0005 is 0.05 as it is in a table, not 0.1."""
    return f"{100 * share:.1f}" if share >= 0.01 else f"{100 * share:.2g}"


def _too_small(kinds: Kinds) -> Iterator[str]:
    """The shares, each beside that of real pictures."""
    for measure, name in SHARES.items():
        pair = kinds.get(measure, {})
        generated, real = pair.get("generated"), pair.get("real")
        if generated is None or real is None:
            continue
        if generated.estimate.high < LEAST * real.estimate.low:
            yield (
                f"{name} {_percent(generated.estimate.value)} % (other real pictures: "
                f"{100 * real.estimate.value:.0f} %)"
            )
