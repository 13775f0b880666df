"""Tables 1 to 5 of the paper on the report's front page: the notebooks' own, in fewer columns."""

import re

import pandas as pd

from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.profile.profile import Profile
from replication.tables.tables import table_markdown

MEASURED = ("Here", "Real")
# Of each table: the notebook, its table, and the columns that the front page shows; none: all.
TABLES: dict[int, tuple[str, str, tuple[str, ...]]] = {
    1: ("03-quality", "quality", ("Run", "Images", "StyleGAN2, paper", "CIPS, paper", *MEASURED)),
    2: ("03-quality", "manifolds", ("Run", "Measure", "Paper", *MEASURED)),
    3: ("04-ablations", "ablations", ()),
    4: ("01-architecture", "parameters", ("Generator", "Tab. 4, millions", "As the paper")),
    5: (
        "10-patches",
        "patches",
        ("Data, patch", "FID, paper", "Patch here", "Images seen", *MEASURED),
    ),
}
ONE_NOTE = re.compile(r"⁽[^⁽]+")


def paper_tables(profile: Profile) -> str:
    """Return a Markdown section for each table, with the page that shows more of it.

    Raises UserError if a notebook has not written its table.
    """
    titles = read_yaml(profile.paths.paper)
    sections = []
    for number, (notebook, name, columns) in TABLES.items():
        file = profile.paths.tables(notebook) / f"{name}.csv"
        if not file.is_file():
            raise UserError(f"{file} does not exist: run cips notebook {notebook} first")
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        if number == 2:
            table = table[table["Paper"] != "–"]  # density and coverage are not the paper's
        noted = table.pop("Notes") if "Notes" in table else ()
        notes = {note.strip() for text in noted for note in ONE_NOTE.findall(text)}
        shown = table.filter(items=columns or [*table])  # of what was not run there are fewer
        measures = set() if "Measure" in shown else {*table.get("Measure", ())}
        sections += [
            f"### Tab. {number}: {titles[f'table-{number}']['title']}",
            *(f"*Here*: {measure}." for measure in sorted(measures)),
            table_markdown(shown),
            *sorted(notes),
            f"More of it: []({notebook}).",
        ]
    sections += [f"{run} was not run: {why}." for run, why in profile.left_out.items()]
    return "\n\n".join(sections)
