"""What the benchmarks of a trained generator ask for on the command line."""

import argparse
from pathlib import Path

from replication.paths import Paths, find_root

ROOT = find_root(Path(__file__).parent)


def generator_parser(description: str) -> argparse.ArgumentParser:
    """With ``--checkpoint``, by default the demo's generator."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    demo = Paths(ROOT, "demo").generator("faces-cips")
    parser.add_argument("--checkpoint", default=str(demo))
    return parser
