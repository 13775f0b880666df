"""Whether a generator is too undertrained to be compared, by what was measured of its images.

A distance alone does not say: between that of an untrained network and that of other real images
lie orders of magnitude, and it has no point at which images begin to be recognised. A precision
alone does not either: blurs lie among textures.
"""

from collections.abc import Iterator, Mapping

from cipslib.metrics.measurement import Measurement

# Shares that other real images have nearly in full, and noise has not. Recall and coverage are not
# among them: noise lies among everything, and a network that draws few kinds of images well has
# learned, and dropped modes.
SHARES = {"faces": "detection rate", "precision": "precision"}
LEAST = 0.25  # of the value of other real images
NEAR = 0.5  # of the distance of the untrained network
GATE = (
    f"detection rate or precision is below {100 * LEAST:g} % of the value for real images, or the "
    f"distance to them is not below {100 * NEAR:g} % of that of the untrained network"
)
UNDERTRAINED = f"Undertrained: {GATE}."

Kinds = Mapping[str, Mapping[str, Measurement | None]]  # a run's numbers: measure -> kind -> number


def undertrained(kinds: Kinds) -> str:
    """Return why a generator is undertrained; empty if no measured share says so.

    ``kinds``: a run's numbers by measure, then by kind: "generated", "real" and "untrained". It is
    if one of ``SHARES`` is, with its whole interval, below ``LEAST`` of the value of other real
    images, or the distance, with its whole interval, above ``NEAR`` of the untrained network's. The
    reverse is not said: a generator that passes may still draw badly.
    """
    return "; ".join((*_too_small(kinds), *_too_far(kinds.get("frechet", {}))))


def _too_small(kinds: Kinds) -> Iterator[str]:
    """Yield each share that is too small, beside that of real images."""
    for measure, name in SHARES.items():
        pair = kinds.get(measure, {})
        generated = pair.get("generated")
        real = pair.get("real")
        if generated is None or real is None:
            continue
        if generated.estimate.high < LEAST * real.estimate.low:
            share, of_real = (100 * number.estimate.value for number in (generated, real))
            yield f"{name} {share:.2g} % (other real images: {of_real:.0f} %)"


def _too_far(distance: Mapping[str, Measurement | None]) -> Iterator[str]:
    generated = distance.get("generated")
    untrained = distance.get("untrained")
    if generated is None or untrained is None:
        return
    if generated.estimate.low > NEAR * untrained.estimate.high:
        values = (generated.estimate.value, untrained.estimate.value)
        yield "distance {:.3g} (untrained: {:.3g})".format(*values)


def undertrained_text(reasons: Mapping[str, str]) -> str:
    """Return Markdown that lists the undertrained runs, why, and what follows for comparisons.

    ``reasons``: what ``undertrained`` says of each run.
    """
    short = [f"- `{run}`: {why}" for run, why in reasons.items() if why]
    if not short:
        return f"No run is undertrained: of none, {GATE}."
    head = (
        f"**{len(short)} of {len(reasons)} runs are undertrained:** {GATE}. What they draw shows "
        "how a training begins: claims on them are inconclusive. The other runs may be "
        "undertrained, too, above all where no face detector can be asked."
    )
    return "\n".join((head, "", *short))
