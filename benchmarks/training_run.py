"""A real training for some minutes, and a restart of it: images, curves, speed, memory.

    python benchmarks/training_run.py IMAGES --out benchmarks/gpu [--minutes 20] [--small]

IMAGES is what `cips prepare` reads: a folder, zip, ... The networks are those of the profile gpu,
at 64 px. Half-way the training is killed with SIGKILL; it goes on from its last checkpoint. The
same stretch is then trained once more, from the checkpoint before, and its losses are compared:
equal on a CPU, to a tolerance on a GPU. Needs torch, NumPy, Pillow, tqdm, PyYAML and safetensors.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from arguments import ROOT

from cipslib.training.checkpoint_folder import images_in
from cipslib.utils.environment import commit_of
from cipslib.utils.files import read_json, write_json
from replication.profile.profile import Profile, load_profile

RUN = "faces-cips"
LOGGED = 640  # images between log entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--minutes", type=float, default=20.0, help="of training, in all")
    parser.add_argument("--precision", default="bf16", help="fp32, tf32 or bf16")
    parser.add_argument("--compile", action="store_true", help="torch.compile")
    parser.add_argument("--small", action="store_true", help="small networks, to see that it runs")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        profile = profile_in(Path(folder).resolve(), arguments)
        cips(profile, "prepare", "faces")
        train_for(profile, 60 * arguments.minutes / 2, signal.SIGKILL)
        train_for(profile, 60 * arguments.minutes / 2, signal.SIGTERM)
        newest = max((work_of(profile) / "checkpoints").glob("*.safetensors"))
        set_training(profile, total_images=images_in(newest))
        cips(profile, "train", RUN)  # publishes it
        kept = profile.paths.root / "kept"
        shutil.copytree(profile.paths.training(RUN), kept)
        publish(kept, arguments.out, repeated(profile))


def profile_in(root: Path, arguments: argparse.Namespace) -> Profile:
    """The profile gpu's networks and rates, on the images, in a folder of its own."""
    params = yaml.safe_load((ROOT / "profiles" / "gpu" / "params.yaml").read_text())
    params |= {"profile": "demo", "root": ".", "here": "params.yaml", "left_out": {}}
    source = {"card": "own-folder", "source": str(arguments.images.resolve())}
    params["datasets"]["faces"] |= {**source, "crop_size": None, "held_out": 0}
    params["hardware"] |= {"device": "auto", "compile": arguments.compile}
    params["training"] |= {
        "precision": arguments.precision,
        "total_images": 10**9,
        "log_every_images": LOGGED,
        "sample_every_images": 100 * LOGGED,
        "checkpoint_every_images": 10 * LOGGED,
        "checkpoints_kept": 1000,
        "online_eval": params["training"]["online_eval"] | {"every_images": 50 * LOGGED},
    }
    if arguments.small:
        params["cips"] |= {"block_widths": [16, 16], "fourier_dim": 16, "embedding_dim": 16}
        params["cips"] |= {"style_dim": 16, "mapping_layers": 2}
        params["discriminator"] |= {"channel_base": 512, "channel_max": 16}
        params["training"] |= {"log_every_images": 64, "checkpoint_every_images": LOGGED}
    shutil.copytree(ROOT / "data" / "cards", root / "data" / "cards")
    (root / "dvc.yaml").touch()
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    return load_profile(root / "params.yaml")


def command(profile: Profile, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "replication.cli",
        *arguments,
        "--params",
        str(profile.params_file),
    ]


def cips(profile: Profile, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        command(profile, *arguments), check=True, cwd=profile.paths.root, env=environment
    )


def set_training(profile: Profile, **changes: Any) -> None:
    params = yaml.safe_load(profile.params_file.read_text())
    params["training"] |= changes
    profile.params_file.write_text(yaml.safe_dump(params))


def train_for(profile: Profile, seconds: float, ended_by: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command(profile, "train", RUN), cwd=profile.paths.root, env=environment
    )
    time.sleep(seconds)
    process.send_signal(ended_by)
    process.wait()


def work_of(profile: Profile) -> Path:
    (folder,) = (profile.paths.root / "results" / "work" / "demo").glob(f"{RUN}-????????????")
    return folder


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def repeated(profile: Profile) -> dict[str, Any]:
    """The first stretch after the first checkpoint but one, trained again: how far losses differ.

    The later checkpoints are thrown away for it.
    """
    work, first = work_of(profile), entries(work_of(profile) / "log")
    files = sorted((work / "checkpoints").glob("*.safetensors"))
    begin, end = (images_in(file) for file in files[1:3])
    for file in files[2:]:
        file.unlink()
    set_training(profile, total_images=end, online_eval=None)
    cips(profile, "train", RUN)
    again = {entry["images_seen"]: entry for entry in entries(work / "log")}
    compared = [entry for entry in first if begin < entry["images_seen"] <= end]
    names = ("loss/generator", "loss/discriminator", "score/real", "score/fake", "r1")
    return {
        "from_images": begin,
        "to_images": end,
        "largest_difference": {
            name: max(abs(e[name] - again[e["images_seen"]][name]) for e in compared)
            for name in names
            if all(name in e for e in compared)
        },
    }


def publish(kept: Path, out: Path, restart: dict[str, Any]) -> None:
    """Of what the training published, what is worth keeping."""
    out.mkdir(parents=True, exist_ok=True)
    log = entries(kept / "log")
    shutil.copy(kept / "log" / "log.jsonl", out / "log.jsonl")
    shutil.copy(max((kept / "grids").glob("*.png")), out / "samples.png")
    summary = read_json(kept / "summary.json")
    speeds = sorted(entry["images_per_second"] for entry in log)
    write_json(
        out / "training_run.json",
        {
            **{key: summary[key] for key in ("images_seen", "seconds", "parameters")},
            "images_per_second": speeds[len(speeds) // 2],
            "peak_memory_mib": max(entry["peak_memory_mib"] for entry in log),
            "distances": {
                e["images_seen"]: e["online_eval/distance"]
                for e in log
                if "online_eval/distance" in e
            },
            "training_again": restart,
            "environment": {**summary["environment"], "commit": commit_of(ROOT)},
        },
    )
    print((out / "training_run.json").read_text())


if __name__ == "__main__":
    main()
