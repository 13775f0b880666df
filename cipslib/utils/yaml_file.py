"""Reading YAML: each key once, and the file's name in every error."""

from pathlib import Path
from typing import Any

import yaml

from cipslib.utils.errors import UserError


def read_yaml(path: Path) -> Any:
    """What a YAML file holds. Raises UserError, naming the file, if it is no YAML or unreadable."""
    try:
        return yaml.load(path.read_text(), Loader=_UniqueKeys)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}") from error


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that is given twice is an error, not a silent choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice")
        return super().construct_mapping(node, deep)
