"""A whole training step, with R1 and without, against the released formulation's; EMA; Adam.

    python benchmarks/step.py [--size 64] [--batch 8]

The trainer on random images, by itself (no data set, nothing is written).
"""

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import released
import torch
from timing import Row, Ways, device_of, measure, report, speed_parser

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.presets import discriminator_preset, generator_preset
from cipslib.training.config import (
    DEFAULT_HARDWARE,
    AdamConfig,
    HardwareConfig,
    StopRules,
    TrainingConfig,
)
from cipslib.training.state import initial_state, update_ema
from cipslib.training.trainer import Trainer

NEVER = StopRules(
    max_score_gap=1e9,
    score_patience=1,
    min_diversity=0.0,
    max_distance_ratio=1e9,
    eval_patience=1,
    warmup_images=0,
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
        r1_separate_step=False,
        ema_halflife_images=10_000,
        ema_rampup_ratio=0.05,
        log_every_images=10**9,
        sample_every_images=10**9,
        checkpoint_every_images=10**9,
        checkpoints_kept=1,
        online_eval=None,
        stop_rules=NEVER,
    )


def trainer(size: int, batch: int, precision: str, hardware: HardwareConfig, device: torch.device):
    """Of the paper's networks."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4 * batch, size, size, 3), dtype=np.uint8)
    kept = "always" if device.type == "cuda" else "never"
    data = BatchLoader(images, 0, BatchOptions(size, flips=True), device, on_device=kept)
    g, d = generator_preset("main", "paper", size), discriminator_preset(size)
    settings = config(batch, precision)
    state = initial_state(g, d, settings, device, hardware)
    return Trainer(state, settings, data, hardware)


def step_rows(
    size: int, batch: int, device: torch.device, repeats: int, bfloat16: bool = True
) -> list[Row]:
    """Theirs and ours, with R1 and without."""
    gpu = device.type == "cuda"
    tuned = replace(DEFAULT_HARDWARE, channels_last=True, fused_adam=True)
    real = torch.rand(batch, 3, size, size, device=device)
    first = trainer(size, batch, "fp32", DEFAULT_HARDWARE, device)

    def ours(of: Trainer, with_r1: bool) -> Callable[[], None]:
        def step() -> None:
            # R1 is due at multiples of the interval, counted in steps.
            of.state.images_seen = batch * (INTERVAL if with_r1 else 1)
            of.step()

        return step

    def theirs(with_r1: bool) -> Ways:
        return {
            "released formulation, float32": lambda: released.training_step(
                first.state, real, with_r1
            )
        }

    trainers = {
        "ours, float32": first,
        "ours, tuned, float32": trainer(size, batch, "fp32", tuned, device),
    }
    if bfloat16:
        trainers["ours, tuned, bfloat16"] = trainer(size, batch, "bf16", tuned, device)
    if gpu and bfloat16:
        compiled = replace(tuned, compile=True)
        trainers["ours, compiled, bfloat16"] = trainer(size, batch, "bf16", compiled, device)
    what = f"step, {size} px, batch {batch}"
    rows = _both(what, theirs, batch, device, repeats)
    rows += _both(
        what, lambda r1: {n: ours(t, r1) for n, t in trainers.items()}, batch, device, repeats
    )
    for row in rows:
        one = next(r for r in rows if r["what"] == row["what"])
        row["of the first's speed"] = one["seconds"] / row["seconds"]
    if gpu:
        rows += [
            {
                "what": "waits of the host for the GPU, a step",
                "way": name,
                "waits": waits(ours(t, r1)),
            }
            for name, t in trainers.items()
            for r1 in (False, True)
        ]
    state = first.state
    rows += measure("EMA", {"ours": lambda: update_ema(state.generator_ema, state.generator, 0.99)},
                    device, repeats)  # fmt: skip
    for parameter in state.generator.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return rows + measure("Adam of G", {"ours": state.generator_optimizer.step}, device, repeats)


def waits(step: Callable[[], None]) -> int:
    """How often the host waits for the GPU within a step: each time the GPU may stand idle."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing" in str(warning.message) for warning in seen)


def _both(
    what: str, ways: Callable[[bool], Ways], batch: int, device: torch.device, repeats: int
) -> list[Row]:
    """Without the penalty, with it, and the mean of an interval."""
    plain = measure(f"{what}, without R1", ways(False), device, repeats)
    penalised = measure(f"{what}, with R1", ways(True), device, repeats)
    mean = []
    for one, other in zip(plain, penalised, strict=True):
        seconds = ((INTERVAL - 1) * one["seconds"] + other["seconds"]) / INTERVAL
        mean.append({"what": f"mean of {INTERVAL} steps", "way": one["way"], "seconds": seconds})
        mean[-1]["images/s"] = batch / seconds
    return [*plain, *penalised, *mean]


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
