"""One module for each subcommand of run.py, and jobs.py, which several of them use.

A subcommand has the words for the command line (`HELP`, `add_arguments`), the `METRICS` of its table, the `sides` it
has, and `measure`, which starts one side, measures it once and gives pairs of a case and its values.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bench:
    """What every measurement needs."""

    stepcast: Path
    load: Path
    folder: Path


def numbers(text: str) -> list[int]:
    return [int(number.replace("_", "")) for number in text.split(",")]
