"""The modulated layer (Eq. 2), bias and activation, in three formulations.

    python benchmarks/layer.py [--device cuda]

The grouped 1x1 convolution of the released code, activations scaled instead of weights, and the
batched product that cipslib has, in float32 and bfloat16. Forward, and with the backward pass.
"""

from collections.abc import Callable
from functools import partial

import released
import torch
from timing import PRECISIONS, Row, device_of, measure, products, report, speed_parser, with_shares
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.layers import EPSILON, LEAKY_GAIN, LEAKY_SLOPE, StyledLayer

WIDTH = 512


def scaled_activations(layer: StyledLayer, phi: Tensor, w: Tensor) -> Tensor:
    """The style scales the inputs and the rows' lengths the outputs: one weight for all images."""
    modulated = layer.modulated
    weight = modulated.weight * modulated.weight_gain
    scales = modulated.affine(w)
    lengths = torch.rsqrt(F.linear(scales.square(), weight.square()) + EPSILON)
    psi = F.linear(phi * scales[:, None], weight) * lengths[:, None] + modulated.bias
    return F.leaky_relu(psi, LEAKY_SLOPE) * LEAKY_GAIN


def layer_rows(device: torch.device, batch: int, side: int, repeats: int) -> list[Row]:
    layer = StyledLayer(WIDTH, WIDTH, WIDTH, sine=False, noise=False).to(device)
    w = torch.randn(batch, WIDTH, device=device)
    rows = torch.randn(batch, side * side, WIDTH, device=device, requires_grad=True)
    planes = rows.detach().transpose(1, 2).reshape(batch, WIDTH, side, side).contiguous()
    planes.requires_grad_()
    forms: dict[str, Callable[[], Tensor]] = {
        "grouped convolution": lambda: released.styled(layer, planes, w),
        "scaled activations": lambda: scaled_activations(layer, rows, w),
        "batched product": lambda: layer(rows, w),
    }

    def run(form: Callable[[], Tensor], precision: str, backward: bool) -> None:
        half = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
        with torch.set_grad_enabled(backward), half:
            result = form()
        if backward:
            result.sum().backward()

    found = []
    for backward in (False, True):
        ways = {
            f"{name}, {precision}": partial(run, form, precision, backward)
            for precision in PRECISIONS
            for name, form in forms.items()
        }
        flop = (3 if backward else 1) * 2 * batch * side * side * WIDTH**2
        ways |= products(device, 2**12 if device.type == "cpu" else 2**16, flop)
        what = f"layer, {batch} images of {side} px" + (", with backward" if backward else "")
        found += with_shares(measure(what, ways, device, repeats, flop))
    return found


def main() -> None:
    arguments = speed_parser(__doc__).parse_args()
    device = device_of(arguments)
    torch.manual_seed(0)
    batch, side = (2, 16) if arguments.small else (32, 256) if device.type == "cuda" else (4, 64)
    rows = layer_rows(device, batch, side, arguments.repeats)
    report("layer", rows, device, arguments)


if __name__ == "__main__":
    main()
