"""`python -m tests.bench [PART…]`: how fast finetrace is, against others and against the machine.

Both sides of a ratio run in one go, in turns, in processes with the same number of threads, on the same rows for the
same epochs; the figure is the median of the rounds in samples per CPU-second. No absolute time is asserted.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from tests.bench.cached import cached
from tests.bench.features import features
from tests.bench.figure import Figure, print_figures
from tests.bench.million import million
from tests.bench.monitors import monitors
from tests.bench.options import Options
from tests.bench.overhead import overhead
from tests.bench.presets import presets, thawing
from tests.bench.rehash import rehash
from tests.bench.rows import embedded_data, first_rows, folder_data
from tests.bench.trainer import ceiling, trainer

PARTS: dict[str, Callable[[Options], list[Figure]]] = {
    "trainer": trainer,
    "ceiling": ceiling,
    "cached": cached,
    "features": features,
    "million": million,
    "monitors": monitors,
    "overhead": overhead,
    "presets": presets,
    "rehash": rehash,
    "thawing": thawing,
}


def main(arguments: list[str]) -> int:
    """Run the parts, print the table; 1 if --strict and something asked is not there."""
    given = _parser().parse_args(arguments)
    data = folder_data(given.data, given.text_column, given.label_column) if given.data else embedded_data(Path.cwd())
    options = Options(first_rows(data, given.rows), given.rounds, given.threads, given.million)
    console = Console(width=None if sys.stdout.isatty() else 140)
    figures: list[Figure] = []
    for name in given.parts or PARTS:
        print(f"bench: {name} …", file=sys.stderr)
        figures += PARTS[name](options)
    print_figures(figures, console)
    if given.json:
        given.json.write_text(json.dumps([each.as_json() for each in figures], indent=2) + "\n", encoding="utf-8")
    return int(given.strict and any(each.held is False for each in figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--data", type=Path, help="folder with train.csv and test.csv instead of the embedded data")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--rows", type=int, default=0, help="train rows drawn from the data; 0: all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; for trainings, epochs")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of each side")
    parser.add_argument("--million", type=int, default=1_000_000, help="rows of the big file")
    parser.add_argument("--json", type=Path, help="write every figure and round to this file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if something asked is not there")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
