"""Each run's distance beside that of other real pictures and of its untrained network (Tab. 1)."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from cipslib.metrics.measurement import Measurements
from replication.figures.style import COLOURS, WIDTH
from replication.tables.tables import Footnotes, with_interval

KINDS = (  # with colour, marker, and where the label is: generated ones may lie close to the others
    ("real", COLOURS["real"], "s", 6),
    ("generated", COLOURS["here"], "o", -30),
    ("untrained", COLOURS["neutral"], "D", 6),
)


def beside_real_and_untrained(
    runs: Mapping[str, Measurements], footnotes: Footnotes, marks: Mapping[str, str]
) -> Figure:
    """A row for each run, on a logarithmic axis; bars are intervals.

    ``footnotes``: of the table beside, which mark other protocols; ``marks``: each run's own.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 0.8 + 0.8 * len(runs)))
    names = set()
    for row, (run, measures) in enumerate(runs.items()):
        for kind, colour, marker, offset in KINDS:
            number = measures["frechet"][kind]
            assert number is not None  # each evaluation has all three
            names.add(number.protocol.name)
            found = number.estimate
            # No end below 0 on a logarithmic axis.
            reach = [[found.value - max(found.low, found.value / 100)], [found.high - found.value]]
            how: dict[str, Any] = {"fmt": marker, "color": colour, "markersize": 6, "capsize": 3}
            axes.errorbar(found.value, row, xerr=reach, **how)
            mark = footnotes.mark(number, "distance") + marks[run] * (kind == "generated")
            axes.annotate(
                f"{kind}{mark}\n{with_interval(number).split()[0]}",
                (found.value, row),
                (0, offset),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_ylim(len(runs) - 0.3, -0.7)  # the first above, as in the table
    axes.set_yticks(range(len(runs)), list(runs))
    axes.set_xlabel(f"{', '.join(sorted(names))}\n(log scale; lower is closer to real)")
    return figure
