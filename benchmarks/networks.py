"""The generator forward and backward, the discriminator, R1: against the released formulation.

    python benchmarks/networks.py [--resolutions 64 256] [--release-code DIR]

With ``--release-code``, a clone of the released code, also its own generator, with plain PyTorch
in place of its CUDA extensions. Among the ways that take turns are the layers' plain products
alone, of as many operations and in either precision: the machine's own rate.
"""

from pathlib import Path

import released
import torch
from timing import Row, device_of, measure, products, report, speed_parser, with_shares

from cipslib.analysis.count import describe
from cipslib.networks.discriminator import Discriminator
from cipslib.networks.generator import Generator
from cipslib.presets import discriminator_preset, generator_preset
from cipslib.sampling.synthesis import default_chunk_size, synthesize
from cipslib.training.losses import r1_penalty

BFLOAT = torch.bfloat16
WIDTH = 512  # of the paper's layers


def generator(size: int, device: torch.device, fidelity: str = "paper") -> Generator:
    config = generator_preset("main", fidelity, size)
    torch.manual_seed(0)
    return Generator(config).to(device)  # type: ignore[arg-type]


def flop_of(network: Generator | Discriminator) -> float:
    """Of an image, forward."""
    return 2.0 * describe(network.config)["multiply_adds"]


def forward_rows(
    size: int, batch: int, device: torch.device, repeats: int, release_code: Path | None = None
) -> list[Row]:
    """Sampling, no gradients: our chunks of pixels and our whole images."""
    g = generator(size, device, "release" if release_code else "paper")
    z = torch.randn(batch, g.config.style_dim, device=device)

    def chunks() -> None:
        synthesize(g, g.mapping(z))

    def whole() -> None:
        g(z)

    def formulation() -> None:
        released.images(g, z)

    def in_bfloat16(way) -> None:
        with torch.autocast(device.type, BFLOAT):
            way()

    ways = {"released formulation, float32": formulation}
    if release_code:
        from parity import released_models

        theirs = released_models(release_code).CIPSskip(size=size).to(device).eval()
        coords = g.grid.T.reshape(1, 2, size, size).repeat(batch, 1, 1, 1)
        ways["released code, float32"] = lambda: theirs(coords, [z])
    ways |= {
        "chunks, float32": chunks,
        "whole, float32": whole,
        "chunks, bfloat16": lambda: in_bfloat16(chunks),
        "whole, bfloat16": lambda: in_bfloat16(whole),
    }
    flop = batch * flop_of(g)
    ways |= products(device, default_chunk_size(device, WIDTH), flop)
    with torch.no_grad():
        rows = measure(f"G forward, {size} px, {batch} images", ways, device, repeats, flop)
    return with_shares(rows)


def backward_rows(size: int, batch: int, device: torch.device, repeats: int) -> list[Row]:
    g = generator(size, device)
    z = torch.randn(batch, g.config.style_dim, device=device)

    def ours(bfloat16: bool, checkpointing: bool) -> None:
        g.activation_checkpointing = checkpointing
        g.zero_grad()
        with torch.autocast(device.type, BFLOAT, enabled=bfloat16):
            images = g(z)
        images.square().mean().backward()

    def formulation() -> None:
        g.zero_grad()
        released.images(g, z).square().mean().backward()

    ways = {
        "released formulation, float32": formulation,
        "ours, float32": lambda: ours(False, False),
        "ours, bfloat16": lambda: ours(True, False),
        "ours, bfloat16, checkpointing": lambda: ours(True, True),
    }
    flop = 3 * batch * flop_of(g)  # without what is computed again
    ways |= products(device, default_chunk_size(device, WIDTH), flop)
    what = f"G forward and backward, {size} px, {batch} images"
    return with_shares(measure(what, ways, device, repeats, flop))


def discriminator_rows(size: int, batch: int, device: torch.device, repeats: int) -> list[Row]:
    """A batch of real and one of fake images, forward and backward; R1 of the real ones."""
    torch.manual_seed(0)
    d = Discriminator(discriminator_preset(size)).to(device)
    images = torch.randn(2 * batch, 3, size, size, device=device)
    last, layout = images.contiguous(memory_format=torch.channels_last), torch.channels_last

    def step(bfloat16: bool, channels_last: bool) -> None:
        d.to(memory_format=layout if channels_last else torch.contiguous_format)
        d.zero_grad()
        with torch.autocast(device.type, BFLOAT, enabled=bfloat16):
            scores = d(last if channels_last else images, sets=2)
        scores.sum().backward()

    def formulation() -> None:
        d.to(memory_format=torch.contiguous_format)
        d.zero_grad()
        (released.scores(d, images[:batch]) + released.scores(d, images[batch:])).sum().backward()

    def penalty(score, memory: torch.memory_format = torch.contiguous_format) -> None:
        d.to(memory_format=memory)
        d.zero_grad()
        real = images[:batch].clone(memory_format=memory).requires_grad_()
        r1_penalty(score(real), real).backward()

    rows = measure(
        f"D forward and backward, {size} px, twice {batch} images",
        {
            "released formulation, float32": formulation,
            "ours, float32": lambda: step(False, False),
            "ours, channels last, float32": lambda: step(False, True),
            "ours, channels last, bfloat16": lambda: step(True, True),
        },
        device,
        repeats,
        6 * batch * flop_of(d),
    )
    return rows + measure(
        f"R1 and its gradients, {size} px, {batch} images",
        {
            "released formulation, float32": lambda: penalty(lambda x: released.scores(d, x)),
            "ours, float32": lambda: penalty(d),
            "ours, channels last, float32": lambda: penalty(d, layout),
        },
        device,
        repeats,
    )


def main() -> None:
    parser = speed_parser(__doc__)
    parser.add_argument("--resolutions", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--batch", type=int, help="images; by default 1 on a CPU and 16 on a GPU")
    parser.add_argument("--release-code", type=Path, metavar="DIR")
    parser.add_argument("--forward-only", action="store_true")
    arguments = parser.parse_args()
    device = device_of(arguments)
    batch = arguments.batch or (16 if device.type == "cuda" else 1)
    rows: list[Row] = []
    for size in [16] if arguments.small else arguments.resolutions:
        options = (device, arguments.repeats)
        rows += forward_rows(size, batch, *options, arguments.release_code)
        if not arguments.forward_only:
            rows += backward_rows(size, batch, *options)
            rows += discriminator_rows(size, 4 * -(-batch // 4), *options)
    report("networks", rows, device, arguments)


if __name__ == "__main__":
    main()
