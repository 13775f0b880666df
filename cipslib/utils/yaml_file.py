"""Reading YAML: each key once, and the file's name in every error."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from cipslib.utils.errors import UserError


def read_yaml(path: Path) -> Any:
    """Return what a YAML file (1.2, as DVC reads it) holds.

    Raises UserError, naming the file, if it is unreadable, no YAML, or has a key twice.
    """
    try:
        return YAML(typ="safe", pure=True).load(path.read_text())
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
