"""What separates the paper from the released code, measured without training (docs/fidelity.md).

    python benchmarks/fidelity.py

writes benchmarks/fidelity.json and draws docs/embedding-lookup.png, from a generator that the demo
trained. It needs nothing of the released code: what that does is written here from reading it.
"""

import argparse
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import SubFigure
from tabulate import tabulate
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.coordinates import pixel_grid
from cipslib.networks.discriminator import Discriminator
from cipslib.networks.files import load_generator
from cipslib.networks.generator import Generator
from cipslib.networks.models import build_generator
from cipslib.networks.positional_encoding import CoordinateEmbedding, FourierFeatures
from cipslib.presets import FIDELITIES, PRESETS, discriminator_preset, generator_preset
from cipslib.sampling.images import mosaic
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.synthesis import RenderOptions, render
from cipslib.utils.environment import describe_environment
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write, write_json
from replication.figures.style import COLOURS, DPI, WIDTH, use_style
from replication.paths import find_root

RESOLUTION = 256  # the paper's
SEED = 0
FEATURES = 64  # of the white-noise table; the paper's 512 differ in the last digits alone
IMAGES = 500  # of the trained generator
FACES = 4  # of them in the figure
GAIN = 3  # of the difference in the figure
NYQUIST = 0.5  # cycles per pixel
TOP_QUARTER = np.array([0.75 * NYQUIST, NYQUIST])
BANDS = 10  # of the table in the JSON, up to NYQUIST
SIREN_OMEGA = 30  # omega_0 of SIREN's first layer, whose weights are uniform within +-1/inputs
EMA_DECAY = 0.5 ** (32 / 10_000)  # released train.py, each iteration, at any batch size
LEARNING_RATE, BETA = 0.002, 0.99  # Sec. 4.1
LAZY_INTERVALS = {
    "generator": 4,
    "discriminator": 16,
}  # released train.py: g_reg_every, d_reg_every


def radial_power(fields: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Power of (count, size, size) in rings between ``edges``, in cycles per pixel; no window.

    The mean over ring and count; the mean of each field is taken off first.
    """
    size = fields.shape[-1]
    spectra = np.fft.fft2(fields - fields.mean(axis=(1, 2), keepdims=True))
    power = (np.abs(spectra) ** 2).mean(axis=0) / size**2
    frequency = np.fft.fftfreq(size)
    ring = np.digitize(np.hypot(frequency[:, None], frequency[None, :]), edges)
    return np.array([power[ring == number].mean() for number in range(1, len(edges))])


def whole_cycles(size: int) -> tuple[np.ndarray, np.ndarray]:
    """1, 2, … cycles across ``size`` pixels up to NYQUIST, in cycles per pixel; rings around."""
    cycles = np.arange(1, size // 2 + 1)
    return cycles / size, (np.arange(len(cycles) + 1) + 0.5) / size


def power_kept(shifted: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Share of each whole number of cycles' power, both of (count, size, size)."""
    _, edges = whole_cycles(exact.shape[-1])
    return radial_power(shifted, edges) / radial_power(exact, edges)


def blur_of_table(module: CoordinateEmbedding) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """What the shifted interpolation makes of a table at its own grid; both as (features, h, w).

    It is held against torch's ``grid_sample``, which the released code calls.
    """
    size = module.height
    grid = pixel_grid(size, size)
    with torch.no_grad():
        exact, shifted = as_fields(module.table, size), as_fields(module(grid, "shifted"), size)
        by_torch, aligned = (
            F.grid_sample(
                exact[None],
                grid.reshape(1, size, size, 2),
                padding_mode="border",
                align_corners=align,
            )[0]
            for align in (False, True)
        )
    index = torch.arange(size)
    read = (index * size / (size - 1) - 0.5).clamp(0, size - 1)
    half = slice(size // 4, size - size // 4)
    numbers = {
        "largest_offset_px": (read - index).abs().max(),
        "relative_squared_error": relative_error(shifted, exact),
        "relative_squared_error_middle_quarter": relative_error(
            shifted[:, half, half], exact[:, half, half]
        ),
        "standard_deviation_exact": exact.std(),
        "standard_deviation_shifted": shifted.std(),
        "largest_difference_from_grid_sample": (by_torch - shifted).abs().max(),
        "largest_difference_align_corners_true": (aligned - exact).abs().max(),
    }
    return {k: v.item() for k, v in numbers.items()}, exact.numpy(), shifted.numpy()


def as_fields(rows: Tensor, size: int) -> Tensor:
    """(pixels, features) -> (features, height, width)"""
    return rows.detach().T.reshape(-1, size, size).contiguous()


def relative_error(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().sum() / b.square().sum()


def white_noise_blur() -> tuple[dict[str, Any], np.ndarray]:
    """A table at its initial distribution; and the share of power kept, in fine bands."""
    torch.manual_seed(SEED)
    table = CoordinateEmbedding(RESOLUTION, RESOLUTION, FEATURES, cylinder=False)
    numbers, exact, shifted = blur_of_table(table)
    edges = np.linspace(0, NYQUIST, BANDS + 1)
    kept = radial_power(shifted, edges) / radial_power(exact, edges)
    names = [f"{low:.2f}-{high:.2f}" for low, high in pairwise(edges)]
    about = {"resolution": RESOLUTION, "features": FEATURES}
    bands = {"power_kept_by_cycles_per_px": dict(zip(names, kept, strict=True))}
    return {**about, **numbers, **bands}, power_kept(shifted, exact)


def patch_starts(patch: int, scale: int) -> np.ndarray:
    """Probability of each start along one axis, in the released dataset.py.

    At scale 1 one random crop. Above, every ``scale``-th pixel from a random one on, and then a
    random crop of what that leaves, which it makes even where nothing is left to choose.
    """
    first_starts = 1 if scale == 1 else RESOLUTION - scale * patch + scale
    probability = np.zeros(RESOLUTION - (patch - 1) * scale)  # App. C: 0 <= u < W - (K-1) tau
    for first in range(first_starts):
        choices = len(range(first, RESOLUTION, scale)) - patch + 1
        probability[first + scale * np.arange(choices)] += 1 / (first_starts * choices)
    return probability


def patches() -> list[dict[str, Any]]:
    """Each scale that the released code draws, equally often, at the patch sizes of Tab. 5."""
    rows = []
    for patch in (64, 128):
        scales = [2**k for k in range(int(math.log2(RESOLUTION // patch)) + 1)]
        for scale in scales:
            starts = patch_starts(patch, scale)
            last = np.arange(len(starts)) >= 0.75 * len(starts)
            rows.append(
                {
                    "patch": patch,
                    "scale": scale,
                    "share_of_steps": 1 / len(scales),
                    "starts": len(starts),
                    "last_quarter": starts[last].sum(),
                    "last_quarter_if_uniform": last.mean(),
                    "mean_start_over_largest": starts @ np.arange(len(starts)) / (len(starts) - 1),
                }
            )
    return rows


def fourier_frequencies() -> dict[str, dict[str, float]]:
    """Cycles across the image of the initial Fourier features, along their own direction.

    sin(b x') over x' from -1 to 1 turns 2 |b| / (2 pi) times.
    """
    torch.manual_seed(SEED)
    ours = FourierFeatures(2**18, bias=False, cylinder=False).weight.detach()
    siren = torch.empty_like(ours).uniform_(-SIREN_OMEGA / 2, SIREN_OMEGA / 2)
    return {
        name: {
            "limit_of_weights": limit,
            "largest_cycles_along_an_axis": limit / math.pi,
            "median_cycles": (cycles := weight.norm(dim=1) / math.pi).median().item(),
            "share_below_one_cycle": (cycles < 1).float().mean().item(),
        }
        for name, weight, limit in (
            ("here_and_released", ours, math.sqrt(9 / 2)),
            ("siren", siren, SIREN_OMEGA / 2),
        )
    }


def parameters() -> dict[str, dict[str, int]]:
    def count(network: torch.nn.Module) -> int:
        return sum(p.numel() for p in network.parameters())

    counts = {
        name: {f: count(build_generator(generator_preset(name, f, RESOLUTION))) for f in FIDELITIES}
        for name in PRESETS
    }
    discriminator = count(Discriminator(discriminator_preset(RESOLUTION)))
    counts["discriminator"] = dict.fromkeys(FIDELITIES, discriminator)
    return counts


def moving_average() -> dict[str, float]:
    iterations = math.log(0.5) / math.log(EMA_DECAY)
    return {
        "decay": EMA_DECAY,
        **{f"halflife_images_at_batch_{b}": iterations * b for b in (16, 32)},
    }


def adam() -> dict[str, dict[str, float]]:
    """StyleGAN2's correction for a penalty that every so many steps has a step of its own."""
    shares = {name: every / (every + 1) for name, every in LAZY_INTERVALS.items()}
    return {
        name: {"learning_rate": LEARNING_RATE * share, "beta_1": 0.0, "beta_2": BETA**share}
        for name, share in shares.items()
    }


def both_interpolations(
    table: CoordinateEmbedding, exact: np.ndarray, shifted: np.ndarray
) -> tuple[dict[str, Any], np.ndarray]:
    """One trained generator's table and images, by either interpolation; the table's power kept.

    Images are uint8, (count, size, size, 3).
    """
    size = table.height
    numbers, exact_table, shifted_table = blur_of_table(table)
    squares = (shifted.astype(float) - exact) ** 2
    middle = slice(size // 4, size - size // 4)
    inner = squares[:, middle, middle].mean()
    psnr = 10 * np.log10(255**2 / squares.mean(axis=(1, 2, 3)))
    return {
        "resolution": size,
        "images": len(exact),
        "psnr_db_mean": psnr.mean(),
        "psnr_db_lowest": psnr.min(),
        "psnr_db_highest": psnr.max(),
        "rms_difference_levels": math.sqrt(squares.mean()),
        "rms_difference_levels_middle_quarter": math.sqrt(inner),
        "power_kept_in_top_quarter_of_frequencies": top_kept(exact, shifted),
        "table": numbers,
    }, power_kept(shifted_table, exact_table)


def top_kept(exact: np.ndarray, shifted: np.ndarray) -> float:
    """Share of the images' power that is kept in the top quarter of frequencies."""
    powers = (radial_power(channels(images), TOP_QUARTER).item() for images in (shifted, exact))
    return next(powers) / next(powers)


def channels(images: np.ndarray) -> np.ndarray:
    """(count, h, w, 3) of uint8 -> (3 count, h, w)"""
    return images.astype(float).transpose(0, 3, 1, 2).reshape(-1, *images.shape[1:3])


def figure(
    path: Path,
    exact: np.ndarray,
    shifted: np.ndarray,
    kept_noise: np.ndarray,
    kept_trained: np.ndarray,
) -> None:
    use_style()
    whole = plt.figure(figsize=(WIDTH, 4.6))
    halves = whole.add_gridspec(1, 2, width_ratios=(1.12, 1))
    left, right = whole.add_subfigure(halves[0]), whole.add_subfigure(halves[1])
    draw_images(left, exact[:FACES], shifted[:FACES])
    draw_spectra(right, exact, shifted, kept_noise, kept_trained)
    with atomic_write(path) as temporary:
        whole.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
    plt.close(whole)


def draw_images(left: SubFigure, exact: np.ndarray, shifted: np.ndarray) -> None:
    difference = 128 + GAIN * (shifted.astype(float) - exact)
    columns = {
        "exact interpolation\n(as trained)": exact,
        "shifted interpolation\n(released code)": shifted,
        f"difference ×{GAIN}\n(grey: none)": difference.round().clip(0, 255).astype(np.uint8),
    }
    left.suptitle("one trained generator, the same latents", fontsize=10)
    for axis, (title, images) in zip(left.subplots(1, 3), columns.items(), strict=True):
        axis.imshow(mosaic(images, 1))
        axis.set_title(title, fontsize=9)
        axis.axis("off")


def draw_spectra(
    right: SubFigure,
    exact: np.ndarray,
    shifted: np.ndarray,
    kept_noise: np.ndarray,
    kept_trained: np.ndarray,
) -> None:
    size = exact.shape[1]
    upper, lower = right.subplots(2, 1, sharex=True)
    upper.axhline(1, color=COLOURS["here"], label="exact")
    for kept, style, name in (
        (kept_noise, "-", f"shifted, white-noise table, {RESOLUTION} px"),
        (kept_trained, "--", f"shifted, trained table, {size} px"),
    ):
        upper.plot(
            whole_cycles(2 * len(kept))[0], kept, style, color=COLOURS["baseline"], label=name
        )
    upper.set(
        title="embedding tables on the training grid", ylabel="share of power kept", ylim=(0, 1.1)
    )
    upper.legend(loc="lower left", fontsize=8)
    for images, colour, name in ((exact, "here", "exact"), (shifted, "baseline", "shifted")):
        frequencies, edges = whole_cycles(size)
        power = radial_power(channels(images), edges)
        lower.semilogy(frequencies, power, color=COLOURS[colour], label=name)
    lower.set(
        title=f"{len(exact)} generated images, {size} px",
        xlabel="spatial frequency, cycles per pixel",
        ylabel="mean power, levels²",
        xlim=(0, NYQUIST),
    )
    lower.axvspan(*TOP_QUARTER, color="#EEEEEE", zorder=0)
    note = f"top quarter:\n{top_kept(exact, shifted):.1%} of\npower kept"
    middle = TOP_QUARTER.mean()
    lower.text(middle, 0.5, note, ha="center", fontsize=7, transform=lower.get_xaxis_transform())
    lower.legend(loc="upper right", fontsize=8)


def flat(content: Any, name: str = "") -> list[tuple[str, Any]]:
    """Nested results as rows of a table."""
    if isinstance(content, list):
        content = dict(enumerate(content))
    if not isinstance(content, dict):
        return [(name, content)]
    return [row for k, v in content.items() for row in flat(v, f"{name}.{k}" if name else str(k))]


def main() -> None:
    folder = Path(__file__).parent
    root = find_root(folder)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=root / "results/demo/faces-cips/training/generator.safetensors",
        help="a CIPS generator on a plane, with embeddings (default: the demo's)",
    )
    checkpoint = parser.parse_args().checkpoint
    generator = load_generator(checkpoint)
    if (
        not isinstance(generator, Generator)
        or generator.embedding is None
        or generator.config.circumference
    ):
        raise UserError(f"{checkpoint}: needs a CIPS generator on a plane, with embeddings")
    w = generator.mapping(sample_latents(IMAGES, generator.config.style_dim, SEED))
    exact, shifted = (
        render(generator, w, None, RenderOptions(interpolation=x)) for x in ("bilinear", "shifted")
    )
    white_noise, kept_noise = white_noise_blur()
    trained, kept_trained = both_interpolations(generator.embedding, exact, shifted)
    source = checkpoint.resolve()
    results = {
        "embedding_blur": white_noise,
        "patches": patches(),
        "fourier_frequencies": fourier_frequencies(),
        "parameters": parameters(),
        "released_moving_average": moving_average(),
        "released_adam": adam(),
        "trained_generator": {
            "checkpoint": str(
                source.relative_to(root) if source.is_relative_to(root) else source.name
            ),
            **trained,
        },
    }
    figure(root / "docs/embedding-lookup.png", exact, shifted, kept_noise, kept_trained)
    results = rounded(results)
    environment = describe_environment(root, torch.device("cpu"))
    write_json(folder / "fidelity.json", {**results, "environment": environment})
    print(tabulate(flat(results), ["measured", ""], tablefmt="github", disable_numparse=True))


def rounded(content: Any) -> Any:
    """Four significant digits of what was measured, which bears no more; counts whole."""
    if isinstance(content, dict):
        return {k: rounded(v) for k, v in content.items()}
    if isinstance(content, list):
        return [rounded(v) for v in content]
    return content if isinstance(content, int | str) else float(f"{content:.4g}")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
