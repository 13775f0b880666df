"""The HTML report: the executed notebooks and a front page, as one site that opens from disk."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_folder, read_json
from cipslib.utils.yaml_file import read_yaml
from replication.profile.profile import Profile
from replication.report.claims import claims_page, verdicts_section
from replication.report.live import live_script
from replication.report.methods import methods_page
from replication.report.paper_tables import paper_tables
from replication.report.template import THEME, fill
from replication.tables.summaries import images_text, of_all_seeds
from replication.tables.tables import escape_markdown

PAGE = re.compile(r"`(\d\d-[a-z0-9-]+)`")  # as notebooks name each other
# What differs between equal builds, or no page loads; most of MathJax is in its tex-chtml.js.
UNUSED = (
    ".buildinfo objects.inv *.map LC_MESSAGES/* mathjax/*mml*.js mathjax/*svg*.js *-full*.js "
    "mathjax/[clns]*.js mathjax/input/*.js mathjax/input/mml/*.js* mathjax/input/mml/*/*.js* "
    "mathjax/output/*.js mathjax/output/svg/**/*.js mathjax/sre/mathmaps/* mathjax/a11y/*.js"
).split()
ARTICLE = re.compile(r"<article.*</article>", re.DOTALL)
SHOWN = "02-samples"  # the notebook whose figure is on the front page


def build_report(profile: Profile) -> Path:
    """Build the site from what the stages wrote, and return the path of its front page.

    Raises UserError if a result is missing, or if Sphinx warns of anything.
    """
    pages = sorted(path.stem for path in profile.paths.source_notebooks.glob("[0-9][0-9]-*.ipynb"))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        built = Path(folder) / "html"
        shutil.copytree(THEME, source, ignore=shutil.ignore_patterns("__pycache__"))
        _write_pages(profile, pages, source)
        _run_sphinx(source, built, Path(folder) / "doctrees")
        _embed_search(built)
        for unused in {path for pattern in UNUSED for path in built.rglob(pattern)}:
            unused.unlink()
        for page in built.glob("*.html"):
            # Each header cell says that it heads its column, which Sphinx leaves to be guessed.
            page.write_text(re.sub('<th (?=class="head)', '<th scope="col" ', page.read_text()))
        with atomic_folder(profile.paths.report) as target:
            shutil.copytree(built, target, dirs_exist_ok=True)
    return profile.paths.report / "index.html"


def _write_pages(profile: Profile, pages: list[str], source: Path) -> None:
    """Write what Sphinx reads: the notebooks, the front page, claims and methods."""
    for page in pages:
        notebook = _with_hidden_code(_existing(profile.paths.notebook(page)))
        notebook.cells.append(nbformat.v4.new_markdown_cell(_downloads(profile, page, source)))
        nbformat.write(notebook, source / f"{page}.ipynb")
    shutil.copy(_existing(profile.paths.figures(SHOWN) / "samples.png"), source / "_static")
    claims = read_json(profile.paths.claims)
    front = fill(
        "index.md",
        profile=profile.name,
        verdicts=verdicts_section(claims),
        samples=SHOWN,
        tables=paper_tables(profile),
        pages="\n".join(pages),
        **_measured(profile),
    )
    (source / "index.md").write_text(front)
    (source / "claims.md").write_text(claims_page(claims))
    shutil.copy(profile.paths.claims, source / "_static" / "claims.json")
    (source / "methods.md").write_text(methods_page(profile))
    (source / "live" / "live" / "packed.js").write_text(live_script(profile, claims["claims"]))


def _downloads(profile: Profile, page: str, source: Path) -> str:
    """Copy a page's tables and its figures as vectors beside it; return the links to them."""
    folders = profile.paths.tables(page), profile.paths.figures(page)
    files = sorted(file for kind in ("*.csv", "*.pdf") for of in folders for file in of.glob(kind))
    target = source / "_static" / page
    target.mkdir()
    for file in files:
        shutil.copy(file, target)
    links = (f'<a href="_static/{page}/{file.name}" download>{file.name}</a>' for file in files)
    return f"## Downloads\n\nTables and figures of this page: {', '.join(links)}."


def _embed_search(built: Path) -> None:
    """Give the search page the texts that it shows pieces of: see theme/_static/search.js."""
    pages = {page.name: ARTICLE.search(page.read_text()) for page in built.glob("*.html")}
    texts = json.dumps({name: found[0] for name, found in pages.items() if found})
    (built / "_static" / "texts.js").write_text(f"const CIPS_TEXTS = {texts};\n")
    page = built / "search.html"
    first = '<script src="_static/searchtools.js">'
    scripts = "".join(f'<script src="_static/{name}.js"></script>' for name in ("texts", "search"))
    page.write_text(page.read_text().replace(first, scripts + first))


def _with_hidden_code(executed: Path) -> NotebookNode:
    """Return an executed notebook with its code hidden, and with links where it names pages."""
    notebook = nbformat.reads(PAGE.sub(r"[](\1)", executed.read_text()), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # The reader came for the figures: a click shows the code that made them.
            tag = "hide-input" if cell.outputs else "remove-cell"
            cell.metadata.setdefault("tags", []).append(tag)
    return notebook


def _measured(profile: Profile) -> dict[str, Any]:
    """Return what the front page says of data, networks and trainings, and where these were: of
    several machines that of the first run.
    """
    summaries = [read_json(profile.paths.summary(run)) for run in profile.runs]
    environments = [summary["environment"] for summary in summaries]
    commits = dict.fromkeys(f"`{each['commit'] or 'unknown: no git'}`" for each in environments)
    cards = [read_json(profile.paths.card(dataset)) for dataset in profile.datasets]
    titles = {escape_markdown(card["title"]): card["paper_dataset"] for card in cards}
    lengths = dict.fromkeys(images_text({**summary, "other_seeds": ()}) for summary in summaries)
    sizes = sorted({run.generator.resolution for run in profile.runs.values()})
    counts = [len(of_all_seeds(summary)) for summary in summaries]
    return {
        "runs": len(summaries),
        "of_runs": len(summaries) + len(profile.left_out),
        "sizes": " and ".join(map(str, sizes)),
        "parameters": max(summary["parameters"]["generator"] for summary in summaries) / 1e6,
        "theirs": read_yaml(profile.paths.paper)["table-4"]["rows"]["CIPS-Default"],
        "lengths": " or ".join(lengths),
        "often": " to ".join(dict.fromkeys(map(str, (min(counts), max(counts))))),
        "data": ", ".join(sorted(titles)).lower(),
        "sets": "; ".join(
            title + f", in place of {paper}" * bool(paper) for title, paper in titles.items()
        ),
        "environment": environments[0],
        "commits": ", ".join(commits),
    }


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
