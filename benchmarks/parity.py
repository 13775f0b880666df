"""Our networks against the authors' released code: the same weights, outputs and gradients.

    python benchmarks/parity.py --release-code DIR

DIR is your own clone of the released code; nothing of it is kept here. Its two CUDA extensions are
replaced by plain PyTorch, written below from what they compute, so that it runs on any machine. The
weights are random, and pass to ours through the very code that imports the authors' checkpoints.
"""

import argparse
import math
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tabulate import tabulate
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.networks.discriminator import Discriminator
from cipslib.networks.models import build_generator
from cipslib.presets import discriminator_preset, generator_preset
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import atomic_write, write_json
from replication.paths import find_root
from replication.released.convert import State, released_keys, to_ours

OUTPUTS, GRADIENTS = 1e-5, 1e-4  # the largest relative differences that count as the same
SEED = 0
WHO = ("theirs", "ours")
EXPLANATION = """# Our networks against the released code

The same random weights in both, noise without strength; relative differences, each the largest of
all outputs, or of all parameters. Written by `parity.py`; machine and versions: `parity.json`.

In float32 the gradients differ by what rounding does at the kinks of leaky ReLU, as the released
code's own do from its float64 ones (last column); in float64 they agree.
"""


def stand_in_for_cuda_ops() -> types.ModuleType:
    """A module ``op`` with what the released one offers: two functions and a layer."""

    def fused_leaky_relu(
        x: Tensor, bias: Tensor, negative_slope: float = 0.2, scale: float = math.sqrt(2)
    ) -> Tensor:
        bias = bias.reshape(1, -1, *(1,) * (x.ndim - 2))
        return F.leaky_relu(x + bias, negative_slope) * scale

    class FusedLeakyReLU(nn.Module):
        def __init__(self, channels: int):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(channels))

        def forward(self, x: Tensor) -> Tensor:
            return fused_leaky_relu(x, self.bias)

    def upfirdn2d(
        x: Tensor, kernel: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)
    ) -> Tensor:
        """Zeros between the pixels, padding, a convolution, every ``down``-th pixel."""
        channels = x.shape[1]
        spread = x.new_zeros(*x.shape[:2], x.shape[2] * up, x.shape[3] * up)
        spread[:, :, ::up, ::up] = x
        spread = F.pad(spread, (pad[0], pad[1], pad[0], pad[1]))
        weight = kernel.flip(0, 1)[None, None].expand(channels, -1, -1, -1)
        return F.conv2d(spread, weight, stride=down, groups=channels)

    module = types.ModuleType("op")
    module.FusedLeakyReLU, module.fused_leaky_relu = FusedLeakyReLU, fused_leaky_relu
    module.upfirdn2d = upfirdn2d
    return module


def released_models(folder: Path) -> Any:
    """The released code's package ``model``, with our ``op`` in place of its own."""
    if not (folder / "model" / "GeneratorsCIPS.py").is_file():
        sys.exit(f"{folder} holds no model/GeneratorsCIPS.py: give a clone of the released code")
    sys.modules["op"] = stand_in_for_cuda_ops()
    sys.path.insert(0, str(folder))
    warnings.filterwarnings("ignore", "Default grid_sample", UserWarning)  # their default is ours
    import model

    return model


def away_from_initial(network: nn.Module) -> nn.Module:
    """Every parameter moved, so that none hides behind a zero or a one; noise has no strength."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
            if name.endswith("noise.weight"):
                parameter.zero_()
    return network


@dataclass(frozen=True)
class Pair:
    """Two networks with the same weights, and what each makes of the same input, in a precision."""

    theirs: nn.Module
    ours: nn.Module
    their_output: Callable[[torch.dtype], Tensor]
    our_output: Callable[[torch.dtype], Tensor]

    def run(self, who: str, dtype: torch.dtype) -> tuple[Tensor, State]:
        """Output, and gradients of a random projection of it, ours under their names.

        Noise, which has no strength here but a gradient, comes from torch's default generator in
        the same order: the same noise.
        """
        network = getattr(self, who).to(dtype)
        torch.manual_seed(SEED)
        output = (self.their_output if who == "theirs" else self.our_output)(dtype)
        direction = torch.randn(output.numel(), generator=torch.Generator().manual_seed(SEED))
        (output.flatten() * direction.to(dtype)).sum().backward()
        gradients = {name: p.grad.double() for name, p in network.named_parameters()}
        network.zero_grad(set_to_none=True)
        if who == "ours":
            of_discriminator = isinstance(network, Discriminator)
            keys = (
                discriminator_keys(len(network.blocks))
                if of_discriminator
                else released_keys(network)
            )
            table = "embedding.table"  # theirs is (features, pixels)
            gradients = {keys[n]: g.T if n == table else g for n, g in gradients.items()}
        flat = {name: gradient.flatten() for name, gradient in gradients.items()}
        return output.detach().flatten().double(), flat


def compare(pair: Pair) -> dict[str, float | str]:
    """Relative differences, the largest over all outputs or parameters."""
    (theirs, their_32), (ours, our_32) = (pair.run(who, torch.float32) for who in WHO)
    (_, their_64), (_, our_64) = (pair.run(who, torch.float64) for who in WHO)
    exact, worst = gradient_difference(our_64, their_64)
    return {
        "outputs, float32": ((ours - theirs).abs().max() / theirs.abs().max()).item(),
        "gradients, float64": exact,
        "of": worst,
        "gradients, float32": gradient_difference(our_32, their_32)[0],
        "theirs, 32 against 64": gradient_difference(their_32, without_noise(their_64))[0],
    }


def without_noise(gradients: State) -> State:
    """In another precision another noise is drawn: its strengths' gradients say nothing."""
    return {n: value for n, value in gradients.items() if not n.endswith("noise.weight")}


def gradient_difference(a: State, b: State) -> tuple[float, str]:
    """|a - b| / |b| of the parameter where it is largest; noise strengths are one vector."""
    noise = [name for name in b if name.endswith("noise.weight")]
    pairs = {name: (a[name], b[name]) for name in b if name not in noise}
    if noise:
        pairs["noise.weight"] = tuple(torch.cat([side[name] for name in noise]) for side in (a, b))
    differences = {name: ((x - y).norm() / y.norm()).item() for name, (x, y) in pairs.items()}
    worst = max(differences, key=lambda name: differences[name])
    return differences[worst], worst


def cips(models: Any, name: str, variant: str, size: int, training: bool) -> Pair:
    """In training the released generator reads its embedding; evaluated, it samples it, shifted."""
    theirs = away_from_initial(getattr(models, name)(size=size)).train(training)
    ours = build_generator(generator_preset(variant, "release", size))
    ours.load_state_dict(to_ours(theirs.state_dict(), ours, Path(name)))
    z = torch.randn(1 if size > 64 else 2, 512)
    coords = ours.grid.T.reshape(1, 2, size, size).expand(len(z), -1, -1, -1).contiguous()

    def our_output(dtype: torch.dtype) -> Tensor:
        points, interpolation = (None, "bilinear") if training else (ours.grid, "shifted")
        noise = torch.default_generator
        w = ours.mapping(z.to(dtype))
        return (
            ours.synthesis(w, points, interpolation=interpolation, noise=noise)
            .transpose(1, 2)
            .contiguous()
        )

    return Pair(theirs, ours, lambda dtype: theirs(coords.to(dtype), [z.to(dtype)])[0], our_output)


def stylegan2(models: Any, size: int) -> Pair:
    """Both with the noise images that are stored with the weights."""
    theirs = away_from_initial(models.GeneratorOriginal(size=size, style_dim=512, n_mlp=8))
    ours = build_generator(generator_preset("stylegan2", "release", size))
    ours.load_state_dict(to_ours(theirs.state_dict(), ours, Path("GeneratorOriginal")))
    z = torch.randn(2, 512)
    return Pair(
        theirs,
        ours,
        lambda dtype: theirs(None, [z.to(dtype)], randomize_noise=False)[0],
        lambda dtype: ours(z.to(dtype)),
    )


def discriminator_keys(blocks: int) -> dict[str, str]:
    """Return by our names where the released discriminator keeps the same numbers."""
    keys = {
        "from_rgb.weight": "convs.0.0.weight",
        "from_rgb.bias": "convs.0.1.bias",
        "final_conv.weight": "final_conv.0.weight",
        "final_conv.bias": "final_conv.1.bias",
        "final_linear.weight": "final_linear.0.weight",
        "final_linear.bias": "final_linear.0.bias",
        "score.weight": "final_linear.1.weight",
        "score.bias": "final_linear.1.bias",
    }
    for i in range(blocks):
        theirs = f"convs.{i + 1}"
        keys |= {
            f"blocks.{i}.conv.weight": f"{theirs}.conv1.0.weight",
            f"blocks.{i}.conv.bias": f"{theirs}.conv1.1.bias",
            f"blocks.{i}.conv_down.weight": f"{theirs}.conv2.1.weight",
            f"blocks.{i}.conv_down.bias": f"{theirs}.conv2.2.bias",
            f"blocks.{i}.skip.weight": f"{theirs}.skip.1.weight",
        }
    return keys


def discriminator(models: Any, size: int, layout: torch.memory_format) -> Pair:
    theirs = away_from_initial(models.Discriminator(size=size))
    ours = Discriminator(discriminator_preset(size)).to(memory_format=layout)
    keys, state = discriminator_keys(len(ours.blocks)), theirs.state_dict()
    ours.load_state_dict({n: state[keys[n]].reshape(v.shape) for n, v in ours.state_dict().items()})
    images = torch.randn(4, 3, size, size)
    return Pair(
        theirs,
        ours,
        lambda dtype: theirs(images.to(dtype)),
        lambda dtype: ours(images.to(dtype, memory_format=layout)),
    )


CHECKS: dict[str, Callable[[Any, int], Pair]] = {
    "CIPSskip, training": lambda models, size: cips(models, "CIPSskip", "main", size, True),
    "CIPSskip, evaluation": lambda models, size: cips(models, "CIPSskip", "main", size, False),
    "CIPSres, training": lambda models, size: cips(models, "CIPSres", "residual", size, True),
    "CIPSres, evaluation": lambda models, size: cips(models, "CIPSres", "residual", size, False),
    "StyleGAN2": stylegan2,
    "discriminator": lambda models, size: discriminator(models, size, torch.contiguous_format),
    "discriminator, channels last": lambda models, size: discriminator(
        models, size, torch.channels_last
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release-code", type=Path, required=True, metavar="DIR")
    parser.add_argument("--resolutions", type=int, nargs="+", default=[64, 256])
    arguments = parser.parse_args()
    models = released_models(arguments.release_code)
    folder = Path(__file__).parent
    environment = describe_environment(find_root(folder), torch.device("cpu"))
    rows = []
    for size in arguments.resolutions:
        for name, make in CHECKS.items():
            torch.manual_seed(SEED)
            rows.append({"network": name, "px": size, **compare(make(models, size))})
            print(f"{name}, {size} px", file=sys.stderr)
    table = tabulate(rows, headers="keys", tablefmt="github", floatfmt=("s", "d", *5 * (".1e",)))
    print(table)
    with atomic_write(folder / "parity.md") as temporary:
        temporary.write_text(f"{EXPLANATION}\n{table}\n")
    write_json(folder / "parity.json", {"rows": rows, "environment": environment})
    off = [
        f"{row['network']}, {row['px']} px"
        for row in rows
        if not (row["outputs, float32"] <= OUTPUTS and row["gradients, float64"] <= GRADIENTS)
    ]
    if off:
        sys.exit(f"not the same: {'; '.join(off)}")


if __name__ == "__main__":
    main()
