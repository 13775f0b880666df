"""Copies what the profile faces-64 came to into published/faces-64, and draws samples and curves.

    python benchmarks/publish_faces.py

No image of the data set is copied: samples are generated, the first of one seed, none picked.
"""

import json
import shutil

import matplotlib.pyplot as plt
import numpy as np
from arguments import ROOT
from PIL import Image

import cipslib
from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.sampling.images import mosaic
from cipslib.utils.files import atomic_write, read_json
from replication.figures.style import COLOURS, WIDTH, save_figure, use_style
from replication.profile.profile import Profile, load_profile
from replication.tables.summaries import images_text, time_text
from replication.tables.tables import markdown_table, with_interval

TARGET = ROOT / "published" / "faces-64"
RUNS = {
    "faces-cips": ("CIPS", COLOURS["here"]),
    "ablation-ne": ("CIPS-NE, without embeddings", COLOURS["real"]),
    "faces-stylegan2": ("StyleGAN2", COLOURS["baseline"]),
}
ROWS, COLUMNS = 3, 12  # images of each network on the sheet
HEAD = """# Photographs of faces, 64 px

Three networks trained on 12,538 grey photographs of faces (`data/cards/grey-faces.yaml`), each
once, on one core. It is a small result: one seed, a hundredth of the images that the networks of
Tab. 3 see, an eighth of their widths. What learns synthetic faces learns photographs, too.

![Generated faces: three blocks of images](samples.png)

*From above: CIPS, CIPS-NE, StyleGAN2; the first {count} images of seed 0 of each, none picked.*

{table}

In brackets 95 % intervals over the images of this one training; another may differ by more than
two of these networks do. Faces are looked for in 200 images of each. A precision above that of
real images beside a recall far below it is that of a set with few kinds of faces, not of better
images. The distance is of O-Net's features, and no FID
([docs/protocol.md](../../docs/protocol.md)).

![Distance to real images over the images seen](curves.png)

Made by `cips prepare`, `train` and `evaluate` with `--params profiles/faces-64/params.yaml`, then
`python benchmarks/publish_faces.py`. `runs/` has each network's weights, numbers, log and summary
(the machine, the commit). No photograph of the set is here.

```sh
G=published/faces-64/runs/faces-cips/training/generator.safetensors
cips sample $G --n 16 --resolution 128
```
"""
MEASURES = {
    "frechet": "Fréchet distance, O-Net",
    "faces": "Faces found by MTCNN",
    "precision": "Precision",
    "recall": "Recall",
}


def main() -> None:
    profile = load_profile(ROOT / "profiles" / "faces-64" / "params.yaml")
    shutil.rmtree(TARGET, ignore_errors=True)
    for run in RUNS:
        for file in ("generator.safetensors", "summary.json", "log/log.jsonl"):
            copy = TARGET / "runs" / run / "training" / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(profile.paths.training(run) / file, copy)
        shutil.copy(profile.paths.metrics(run), TARGET / "runs" / run / "metrics.json")
    draw_samples(profile)
    draw_curves(profile)
    text = HEAD.format(count=ROWS * COLUMNS, table=numbers_table(profile))
    (TARGET / "README.md").write_text(text)


def draw_samples(profile: Profile) -> None:
    """Draw a block of images for each network, one below the other."""
    sheets = []
    for run in RUNS:
        generator = cipslib.from_pretrained(str(profile.paths.generator(run)))
        sheets.append(mosaic(cipslib.sample(generator, ROWS * COLUMNS, seed=0), COLUMNS))
    gap = np.full((8, sheets[0].shape[1], 3), 255, np.uint8)
    parts = [part for sheet in sheets for part in (sheet, gap)][:-1]
    with atomic_write(TARGET / "samples.png") as temporary:
        Image.fromarray(np.concatenate(parts)).save(temporary, format="PNG", optimize=True)


def draw_curves(profile: Profile) -> None:
    """Draw the distance that the evaluation during training measured."""
    use_style()
    figure, axes = plt.subplots(figsize=(0.7 * WIDTH, 2.6))
    for run, (label, colour) in RUNS.items():
        lines = (profile.paths.log(run) / "log.jsonl").read_text().splitlines()
        rows = [row for row in map(json.loads, lines) if "online_eval/distance" in row]
        distances = [row["online_eval/distance"] for row in rows]
        images = [row["images_seen"] for row in rows]
        axes.plot(images, distances, "o-", color=colour, label=label)
    axes.set_xlabel("images seen")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k")
    axes.set_ylabel("Fréchet distance\nof O-Net's features")
    axes.set_ylim(bottom=0)
    axes.legend()
    save_figure(figure, TARGET, "curves")
    (TARGET / "curves.pdf").unlink()


def numbers_table(profile: Profile) -> str:
    """Return each network's numbers, and in the last row other real images'."""
    rows = []
    numbers: Measurements = {}
    for run, (label, _) in RUNS.items():
        numbers = measurements_from_json(read_json(profile.paths.metrics(run)))
        summary = read_json(profile.paths.summary(run))
        size = f"{summary['parameters']['generator'] / 1e6:.3f} M"
        rows.append((label, size, images_text(summary), time_text(summary), *_cells(numbers)))
    rows.append(("other real images", "–", "–", "–", *_cells(numbers, "real")))
    header = ("Network", "Parameters", "Images seen", "Time of one core", *MEASURES.values())
    return markdown_table(header, rows)


def _cells(numbers: Measurements, kind: str = "generated") -> list[str]:
    found = {measure: numbers[measure].get(kind) for measure in MEASURES}
    return [with_interval(number, percent=name == "faces") for name, number in found.items()]


if __name__ == "__main__":
    main()
