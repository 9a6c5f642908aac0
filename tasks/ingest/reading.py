"""What a format's reader is given: an open file, what it is, how it is to be read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tasks.ingest.columns import refuse_many
from tasks.ingest.gunzip import gunzip
from tasks.ingest.lines import read_lines
from tasks.ingest.regular_file import RegularFile
from tasks.ingest.settings import IngestSettings
from tasks.ingest.transcoding import to_utf8
from tasks.targets import LabelTarget, Target

LABEL = LabelTarget()
Row = tuple[int, str, str | None, str]
"""A row's first line (1 = the file's first), its text, its second text (None where a row is one), its label."""

Side = str
"""What a source's rows are for: tasks.table.ANY, VAL, TEST, or EXTRA and the name of a further test set."""
Format = Literal["csv", "tsv", "jsonl", "parquet", "conll", "arrow"]

_FIELDS_PER_LINE = 16


@dataclass(frozen=True)
class Source:
    """One file with rows."""

    path: Path
    name: str
    """What messages call it."""
    side: Side
    format: Format
    is_packed: bool = False
    """Whether it is inside gzip."""
    classes: tuple[str, ...] | None = None
    """The labels' names where the file holds their numbers."""


@dataclass(frozen=True)
class Reading:
    """A source while it is read."""

    source: Source
    file: RegularFile
    settings: IngestSettings
    target: Target = LABEL
    ignored_columns: set[str] = field(default_factory=set)
    """Columns seen that are neither a text nor the label; the reader adds them."""
    notes: list[str] = field(default_factory=list)
    """What a person may not expect of the file."""
    repaired: Counter[str] = field(default_factory=Counter)
    """The "rows" and "characters" that ingest.c1_as_windows_1252 changed."""

    @property
    def name(self) -> str:
        return self.source.name

    def lines(self) -> Iterator[str]:
        """The file's physical lines from the first, unpacked and decoded."""
        limit = self.settings.max_field_bytes * _FIELDS_PER_LINE
        return read_lines(self.blocks(), self.name, max_line_bytes=limit)

    def blocks(self) -> Iterator[bytes]:
        """The file's bytes from the first, unpacked and in UTF-8."""
        if self.settings.encoding == "utf-8":
            return self.unpacked()
        return to_utf8(self.unpacked(), self.name, self.settings.encoding, note=self.notes.append)

    def unpacked(self) -> Iterator[bytes]:
        """The file's bytes from the first, unpacked."""
        blocks = self.file.blocks()
        return gunzip(blocks, self.name, self.settings.max_unpacked_ratio) if self.source.is_packed else blocks

    def ignore(self, columns: set[str], *, line: int | None = None) -> None:
        """Note columns that are not read; more than 1,000 in a file are refused."""
        self.ignored_columns.update(columns)
        refuse_many(len(self.ignored_columns), self.name, line=line)
