"""What README, CONTRIBUTING and the documentation show: commands, settings and Python, for tests to try."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "infra" / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
RUNS = "<!-- runs -->"
"""Stands above a block whose commands a pipeline test runs; those of all other blocks are parsed."""
_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    kind: str
    text: str
    runs: bool

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command line that a page shows."""

    place: str
    words: tuple[str, ...]
    runs: bool


def blocks(*kinds: str) -> list[Block]:
    """The blocks of these kinds on all pages, in order."""
    return [block for page in PAGES for block in _blocks(page) if block.kind in kinds]


def commands() -> list[Command]:
    """Every command line: all of a bash block, and what follows a `$` in a console block."""
    return [each for block in blocks("bash", "console") for each in _commands(block)]


def _blocks(page: Path) -> Iterator[Block]:
    kind, start, inside, runs, above = "", 0, [""], False, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if start and line.strip() == "```":
            yield Block(page, start, kind, "\n".join(inside), runs)
            start = 0
        elif start:
            inside.append(line)
        elif fence:
            kind, start, inside, runs = fence["kind"], number, [], above.strip() == RUNS
        above = line


def _commands(block: Block) -> Iterator[Command]:
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.kind == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        words = shlex.split(line, comments=True)
        for is_between, part in groupby(words, lambda word: word in ("&&", "|")):
            if not is_between:
                program = dropwhile(lambda word: re.match(r"[A-Z_]+=", word), part)
                yield Command(block.place, tuple(program), block.runs)
