"""Writes docs/licences.md: the licence of every package of requirements.lock, as it says itself.

    python benchmarks/licences.py

Run it in an environment that has what the lock file names.
"""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from arguments import ROOT

from cipslib.utils.files import atomic_write
from replication.tables.tables import escape_markdown, markdown_table

LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", re.MULTILINE)
LONGEST = 60  # characters: what is longer is the text of a licence, not its name
HEAD = """# Licences of what is installed

Every package of `requirements.lock`, and what its own metadata say of its licence; made by
`benchmarks/licences.py`. Those for other systems (Windows, WebAssembly) are not installed here.

"""


def main() -> None:
    rows = []
    for name, version in LOCKED.findall((ROOT / "requirements.lock").read_text()):
        try:
            rows.append((name, version, escape_markdown(licence(metadata(name)))))
        except PackageNotFoundError:
            rows.append((name, version, "not installed on this system"))
    with atomic_write(ROOT / "docs" / "licences.md") as temporary:
        temporary.write_text(HEAD + markdown_table(("Package", "Version", "Licence"), rows) + "\n")


def licence(about: PackageMetadata) -> str:
    """Return the licence's name: of the expression, the classifiers, or the free text."""
    classifiers = about.get_all("Classifier") or []
    named = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: ")]
    text = (about["License"] or "").strip().splitlines()
    short = text[0] if text and len(text[0]) <= LONGEST else ""
    return about["License-Expression"] or ", ".join(named) or short or "in its LICENSE file"


if __name__ == "__main__":
    main()
