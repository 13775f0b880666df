"""Packages that only some containers need."""

import importlib
from types import ModuleType

from cipslib.utils.errors import UserError


def import_extra(name: str) -> ModuleType:
    """Raises UserError, naming the extra that brings it, if the package is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(f"this needs {name}: pip install 'cipslib[data]'") from error
