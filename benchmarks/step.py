"""A whole training step, with R1 and without, against the released formulation's; EMA; Adam.

    python benchmarks/step.py [--size 64] [--batch 8]

``cipslib.training`` on random images, by itself (no data set, nothing is written). On a CPU each
turn comes after an unmeasured one with the same use of memory: ours keeps what it frees, as `cips
train` does; the released formulation has the C library's default, in the state that it gets to.
"""

import ctypes
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import released
import torch
from timing import Row, Ways, device_of, measure, report, speed_parser

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.hardware import PLAIN, HardwareConfig
from cipslib.memory import keep_freed_memory
from cipslib.models import discriminator_preset, generator_preset
from cipslib.state import AdamConfig, update_average
from cipslib.training import Trainer, TrainingConfig, fresh_state
from cipslib.watch import WatchConfig

NEVER = WatchConfig(
    score_gap=1e9,
    score_patience=1,
    least_diversity=0.0,
    worst_distance=1e9,
    judgement_patience=1,
    grace_images=0,
    max_hours=None,
)
INTERVAL = 16  # steps between R1 penalties


def config(batch: int, precision: str) -> TrainingConfig:
    adam = AdamConfig(0.002, (0.0, 0.99))
    return TrainingConfig(
        seed=0,
        total_images=10**9,
        batch_size=batch,
        precision=precision,
        patches=None,
        generator_adam=adam,
        discriminator_adam=adam,
        r1_gamma=10.0,
        r1_interval=INTERVAL,
        r1_apart=False,
        ema_halflife_images=10_000,
        ema_rampup=0.05,
        log_every_images=10**9,
        sample_every_images=10**9,
        checkpoint_every_images=10**9,
        checkpoints_kept=1,
        judge=None,
        watch=NEVER,
        logs=(),
    )


def trainer(size: int, batch: int, precision: str, hardware: HardwareConfig, device: torch.device):
    """Of the paper's networks."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4 * batch, size, size, 3), dtype=np.uint8)
    kept = "always" if device.type == "cuda" else "never"
    data = BatchLoader(images, 0, BatchOptions(size, flips=True), device, on_device=kept)
    g, d = generator_preset("main", "paper", size), discriminator_preset(size)
    settings = config(batch, precision)
    state = fresh_state(g, d, settings, device, hardware)
    return Trainer(state, settings, data, hardware)


def use_memory(keep: bool) -> None:
    """As `cips train` does; or as the C library does after a while by itself: blocks of up to
    32 MiB, its largest threshold, stay on a heap whose end goes back when 64 MiB are free.
    """
    library = ctypes.CDLL(None)
    if keep_freed_memory() and not keep:
        trim_threshold, mmap_threshold, mmap_max = -1, -3, -4
        library.mallopt(mmap_max, 65536)
        library.mallopt(mmap_threshold, 2**25)
        library.mallopt(trim_threshold, 2**26)
        library.malloc_trim(0)


def step_rows(
    size: int, batch: int, device: torch.device, repeats: int, bfloat16: bool = True
) -> list[Row]:
    """Of 16 steps one has the penalty: the mean is of 15 of the one kind and one of the other."""
    gpu = device.type == "cuda"
    tuned = replace(PLAIN, channels_last=True, fused_adam=gpu)
    real = torch.rand(batch, 3, size, size, device=device)
    first = trainer(size, batch, "fp32", PLAIN, device)

    def ours(of: Trainer, with_r1: bool) -> Callable[[], None]:
        def step() -> None:
            # R1 is due at multiples of the interval, counted in steps.
            of.state.images_seen = batch * (INTERVAL if with_r1 else 1)
            of.step()

        return step

    rows = []
    for with_r1 in (False, True):
        ways = {
            "released formulation, float32": lambda with_r1=with_r1: released.training_step(
                first.state, real, with_r1
            ),
            "ours, float32": ours(first, with_r1),
            "ours, channels last, float32": ours(
                trainer(size, batch, "fp32", tuned, device), with_r1
            ),
        }
        if bfloat16:
            ways["ours, channels last, bfloat16"] = ours(
                trainer(size, batch, "bf16", tuned, device), with_r1
            )
        if gpu and bfloat16:
            compiled = replace(tuned, compile=True)
            ways["ours, compiled, bfloat16"] = ours(
                trainer(size, batch, "bf16", compiled, device), with_r1
            )
        kind = "with R1" if with_r1 else "without R1"

        def before(name: str, ways: Ways = ways) -> None:
            if not gpu:
                use_memory(keep=not name.startswith("released"))
                ways[name]()

        what = f"step {kind}, {size} px, batch {batch}"
        rows += measure(what, ways, device, repeats, before=before)
    half = len(rows) // 2
    for plain, penalised in zip(rows[:half], rows[half:], strict=True):
        mean = (15 * plain["seconds"] + penalised["seconds"]) / 16
        rows.append({"what": "mean of 16 steps", "way": plain["way"], "seconds": mean})
    for row in rows[2 * half :]:
        row["of the first's speed"] = rows[2 * half]["seconds"] / row["seconds"]
        row["images/s"] = batch / row["seconds"]
    state = first.state
    rows += measure("EMA", {"ours": lambda: update_average(state.average, state.generator, 0.99)},
                    device, repeats)  # fmt: skip
    for parameter in state.generator.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return rows + measure("Adam of G", {"ours": state.generator_optimizer.step}, device, repeats)


def main() -> None:
    parser = speed_parser(__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--float32", action="store_true", help="no bfloat16: some CPUs are slow")
    arguments = parser.parse_args()
    device = device_of(arguments)
    size, batch = (8, 4) if arguments.small else (arguments.size, arguments.batch)
    bfloat16 = not arguments.float32
    rows = step_rows(size, batch, device, arguments.repeats, bfloat16)
    report("step", rows, device, arguments)


if __name__ == "__main__":
    main()
