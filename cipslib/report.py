"""The HTML report: the executed notebooks and a front page, as one site that opens from disk."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from cipslib.config import Profile
from cipslib.errors import UserError
from cipslib.metrics.protocol import Numbers, numbers_from_json
from cipslib.paths import atomic_folder, read_json
from cipslib.report_claims import claims_page, verdicts_section
from cipslib.summaries import images_text, origin_text, time_text
from cipslib.tables import Footnotes, paper_numbers

THEME = Path(__file__).parent / "report_theme"


def build_report(profile: Profile) -> Path:
    """Build the site from what the stages wrote; returns the path of its front page.

    Raises UserError if a result is missing, or if Sphinx warns of anything.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder) / "source", Path(folder) / "html"
        shutil.copytree(THEME, source, ignore=shutil.ignore_patterns("__pycache__"))
        pages = [_add_notebook(profile, path.stem, source) for path in _notebooks(profile)]
        samples = profile.paths.figures("02-samples") / "samples.png"
        shutil.copy(_existing(samples), source / "_static" / "samples.png")
        claims = _json(profile.paths.claims)
        (source / "index.md").write_text(_front_page(profile, pages, claims))
        (source / "claims.md").write_text(claims_page(claims, pages))
        (source / "methods.md").write_text(_methods(profile))
        _run_sphinx(source, built, Path(folder) / "doctrees")
        for leftover in (".buildinfo", "objects.inv"):  # they differ between equal builds
            (built / leftover).unlink(missing_ok=True)
        with atomic_folder(profile.paths.report) as target:
            shutil.copytree(built, target, dirs_exist_ok=True)
    return profile.paths.report / "index.html"


def _notebooks(profile: Profile) -> list[Path]:
    """The numbered notebooks, in their order; explore.ipynb and the like are no pages."""
    return sorted(profile.paths.source_notebooks.glob("[0-9][0-9]-*.ipynb"))


def _add_notebook(profile: Profile, name: str, source: Path) -> str:
    notebook = nbformat.read(_existing(profile.paths.notebook(name)), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # The reader came for the figures: a click shows the code that made them.
            tag = "hide-input" if cell.outputs else "remove-cell"
            cell.metadata.setdefault("tags", []).append(tag)
    nbformat.write(notebook, source / f"{name}.ipynb")
    return name


def _front_page(profile: Profile, pages: list[str], claims: dict[str, Any]) -> str:
    summaries = {run: _json(profile.paths.summary(run)) for run in profile.runs}
    metrics = {run: _json(profile.paths.metrics(run)) for run in profile.runs}
    environment = next(iter(summaries.values()))["environment"]
    where = f"{environment['processor']} ({environment['cores']} cores)"
    return f"""# CIPS, replicated: profile *{profile.name}*

*Image Generators with Conditionally-Independent Pixel Synthesis* (Anokhin et al., CVPR 2021)
draws every pixel from its coordinates and a style vector alone, by a multi-layer perceptron,
without convolution or attention. This report shows what came out when it was run here, beside what
the paper printed. Figures of this report are numbered R1, R2, …; *Fig.* and *Tab.* are the paper's.

```{{figure}} _static/samples.png
:alt: A row of real pictures above rows of pictures that the generator drew.
:name: front-samples

Real pictures (first row) and pictures drawn by the generator (the others), none of them picked;
more in [](02-samples). Counterpart of Fig. 1 and 16 in the paper.
```

## What held

{verdicts_section(claims, pages)}

## What was run

{_runs_table(profile, summaries)}

On {where}, {environment["system"]}, Python {environment["python"]}, torch {environment["torch"]},
code at commit `{environment["commit"] or "unknown: not a git checkout"}`
(a + marks changes that were not committed).

## Beside the paper

{_quality_table(profile, metrics)}

{_reading(profile, summaries)}

```{{toctree}}
:caption: Results
:hidden:

claims
{chr(10).join(pages)}
```

```{{toctree}}
:caption: How
:hidden:

methods
```
"""


def _runs_table(profile: Profile, summaries: dict[str, dict[str, Any]]) -> str:
    rows = []
    for run, summary in summaries.items():
        config = profile.runs[run]
        rows.append(
            (
                run,
                f"{config.dataset}, {config.generator.resolution} px",
                f"{summary['parameters']['generator'] / 1e6:.3f} M",
                images_text(summary),
                origin_text(summary) if config.imported else time_text(summary),
            )
        )
    rows += [(run, f"not run: {why}", "–", "–", "–") for run, why in profile.left_out.items()]
    return _table(("Run", "Data", "Generator", "Images seen", "Training time"), rows)


def _quality_table(profile: Profile, metrics: dict[str, dict[str, Any]]) -> str:
    paper = paper_numbers(profile.paths.paper)["table-1"]["rows"]
    footnotes = Footnotes(despite={"real_sha256"})  # the data set: the run's, in the table above
    rows = []
    for run, measured in metrics.items():
        plays = _json(profile.paths.card(measured["dataset"]))["plays"]
        numbers = numbers_from_json(measured)
        distance = numbers["frechet"]
        rows.append(
            (
                run,
                f"{paper[plays]['cips']} ({plays}, 256 px)" if plays in paper else "–",
                *(
                    footnotes.show(distance[kind], "distance")
                    for kind in ("generated", "real", "untrained")
                ),
                _faces(numbers, footnotes),
            )
        )
    header = ("Run", "Paper: FID", "Here: distance", "Real against real", "Untrained", "Faces")
    return "\n\n".join((_table(header, rows), *footnotes.lines))


def _faces(numbers: Numbers, footnotes: Footnotes) -> str:
    if "faces" not in numbers:
        return "–"
    generated, real = (
        footnotes.show(numbers["faces"][kind], "share of faces", percent=True)
        for kind in ("generated", "real")
    )
    return f"{generated} (real: {real})"


def _reading(profile: Profile, summaries: dict[str, dict[str, Any]]) -> str:
    first = numbers_from_json(_json(profile.paths.metrics(next(iter(profile.runs)))))
    number = first["frechet"]["generated"]
    assert number is not None  # a distance of the whole set is always taken
    protocol = number.protocol
    resolutions = sorted({config.resolution for config in profile.datasets.values()})
    most = max(summary["parameters"]["generator"] for summary in summaries.values()) / 1e6
    theirs = paper_numbers(profile.paths.paper)["table-4"]["rows"]["CIPS-Default"]
    count = protocol.entries["generated_images"]
    real = protocol.entries["real_images"]
    return f"""*Distance* is the **{protocol.name}**, over {count:,} generated and {real:,} real
pictures. The paper says of its FIDs (Tab. 1) not how they were taken: its column is printed for
orientation, and the two must not be compared. In brackets is the 95 % interval: over the generated
pictures of one trained generator or, beside mean ± standard deviation, over trainings. Beside it
stand the same distance between two sets of real pictures, the best to hope for, and that of the
untrained network. *Faces* is the share of generated pictures in which MTCNN finds a face. The
protocol is in [](03-quality).

**What this scale can decide:** whether the paper's method learns to draw at all, and that the whole
way from data to report works. **What it cannot:** any FID of the paper, whose generator has
{theirs} M parameters at 256 px; here the largest has {most:.2f} M, at {_joined(resolutions)} px."""


def _joined(values: list[int]) -> str:
    return " and ".join(str(value) for value in values)


def _methods(profile: Profile) -> str:
    run = next(iter(profile.runs))
    environment = _json(profile.paths.summary(run))["environment"]
    return f"""# Methods

## Machine and versions

{_table(("", "value"), list(environment.items()))}

## Every parameter

From `{profile.params_file.relative_to(profile.paths.root)}`. A change in one of them re-runs the
stages that depend on it, and no other.

```yaml
{profile.params_file.read_text().strip()}
```
"""


def _table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _json(path: Path) -> dict[str, Any]:
    return read_json(_existing(path))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"{path} does not exist: run the stage that writes it (make report)")
    return path


def _run_sphinx(source: Path, built: Path, doctrees: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    command += ["-d", str(doctrees), str(source), str(built)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise UserError(f"Sphinx could not build the report:\n{result.stderr.strip()}")
