"""How measured numbers are written: three significant digits, and intervals to the same place."""

import math
import re

SIGNIFICANT = 3
LEAST = 1e-4  # below it the power of ten is written, too
UNIT = re.compile(r"(\d) (%|px|s|min|h|MiB|GiB)(?!\w)")
MINUS = re.compile(r"(?<![\w.`-])-(?=\d)")
_END = r"[-\N{MINUS SIGN}]?\d[\d.,e%+-]*"
INTERVAL = re.compile(rf"(\\?\[{_END}), ({_END}\\?\])")


def format_number(value: float, *others: float) -> list[str]:
    """A number, and its deviation and the ends of its interval with as many decimals.

    As in 0.414, 0.400 and 0.428. Where the interval is wider than the number is large, it has the
    three digits, so that no noise is printed. What is exactly 0 is 0, without decimals.
    """
    size = max(abs(value), max(others) - min(others) if others else 0.0)
    if size == 0:
        return [f"{number:g}" for number in (value, *others)]
    place = math.floor(math.log10(float(f"{size:.{SIGNIFICANT - 1}e}")))  # 0.9996 is 1.00
    decimals = max(0, SIGNIFICANT - 1 - place)
    how = f".{SIGNIFICANT - 1}e" if size < LEAST else f"z,.{decimals}f"
    return [f"{number:{how}}" if number else "0" for number in (value, *others)]


def typeset(text: str) -> str:
    """A minus before numbers, where a keyboard has a hyphen; as in -0.5, but not in 1e-4 or a-1.

    No line of a cell ends within an interval, or between a number and its unit.
    """
    whole = INTERVAL.sub("\\1,\N{NO-BREAK SPACE}\\2", MINUS.sub("\N{MINUS SIGN}", text))
    return UNIT.sub("\\1\N{NO-BREAK SPACE}\\2", whole)
