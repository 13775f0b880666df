"""`cips claims --compare`: what another machine, or a longer training, says of the same claims."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from cipslib.utils.files import read_json
from replication.claims.evidence import evidence_lines


def compare_claims(here: Mapping[str, Any], file: Path) -> str:
    """Return the verdicts of ``file`` that are others than those here, each with its numbers.

    Raises UserError if the file is not a claims.json.
    """
    there = read_json(file)
    try:
        lines = [*_differences(here, there)]
        common = len(_by_code(here).keys() & _by_code(there).keys())
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{file} is not a claims.json") from error
    differ = sum(not line.startswith(" ") for line in lines)
    return "\n".join((*lines, f"{differ} of {common} verdicts differ"))


def _differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[str]:
    others = _by_code(there)
    for code, claim in _by_code(here).items():
        other = others.get(code)
        if other is None or other["verdict"] == claim["verdict"]:
            continue
        yield f"{code}: {claim['says']}"
        for where, one in ((here, claim), (there, other)):
            yield f"    {where['profile']}: {one['verdict']}"
            yield from (f"        {line}" for line in evidence_lines(one))


def _by_code(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {claim["code"]: claim for claim in content["claims"]}
