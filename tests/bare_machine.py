"""Train and judge a small run where neither DVC nor any package of the metrics can be imported.

python tests/bare_machine.py FOLDER
"""

import sys
from pathlib import Path

ABSENT = "cleanfid clean_fid dvc facenet_pytorch lmdb papermill scmrepo sphinx torch_fidelity"


class Absent:
    """An importer that finds none of them."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] in ABSENT.split():
            raise ModuleNotFoundError(f"{name} is not on this machine", name=name)


sys.meta_path.insert(0, Absent())  # type: ignore[arg-type]

from conftest import TINY, make_study  # noqa: E402

from replication.training.train import train_run  # noqa: E402

if __name__ == "__main__":
    study = make_study(Path(sys.argv[1]), TINY)
    print(train_run(study, "faces-cips"))
