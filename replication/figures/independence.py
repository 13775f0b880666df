"""What checks.json has of the independence of pixels."""

from pathlib import Path

from cipslib.analysis.equivalence import CoordinateJacobian, PixelCheck
from cipslib.metrics.measurement import (
    measurements_from_json,
)
from cipslib.utils.files import read_json


def independence_checked(path: Path) -> tuple[list[PixelCheck], CoordinateJacobian]:
    """What checks.json has of independence. Raises UserError if the file is torn."""
    content = read_json(path)
    found = {
        kind: number.estimate.value
        for measure, kinds in measurements_from_json(content).items()
        if measure in ("independence", "gradient")
        for kind, number in kinds.items()
        if number is not None
    }
    pixels = content["pixels"].items()
    compared = [PixelCheck(kind.replace("_", " "), count, found[kind]) for kind, count in pixels]
    return compared, CoordinateJacobian(found["own_pixel"], found["other_pixels"])
