"""a row's id → its text, from the workspace or from the rows of any version"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import SettingsError
from tasks.paths import Paths
from tasks.trace.contents import Contents
from tasks.trace.learned import PARTS, data_file
from tasks.trace.likeness import same_text
from tasks.trace.scan import Choose, among, chosen, either
from tasks.trace.versions import Version

ROW_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True)
class KnownRow:
    """A row that some file has, by its id."""

    row_id: str
    text: str | None
    """None if only what augmentation made of it is known."""
    pair: str | None

    @property
    def same(self) -> Choose | None:
        """Rows with its text, whatever their label: an id holds for one label. None if its text is unknown."""
        return None if self.text is None else same_text(self.text, self.pair)


def check_row_id(given: str) -> str:
    """The id in small letters. Raises SettingsError if it is none."""
    row_id = given.strip().lower()
    if not ROW_ID.fullmatch(row_id):
        raise SettingsError(f"--row {given[:100]!r}: write a row's id (24 hex digits; finetrace why TEXT tells it).")
    return row_id


def find_row(paths: Paths, contents: Contents, versions: Sequence[Version], row_id: str) -> KnownRow | None:
    """The row with this id; None if no file that can be reached knows it."""
    known = None
    for file, has_parents in _files(paths, contents, versions):
        columns = ["row_id", "text", "pair", *(["parent_id"] if has_parents else [])]
        asked = [among(each, [row_id]) for each in columns if each.endswith("_id")]
        for row in chosen(file, columns, either(*asked)):
            if row["row_id"] == row_id and row["text"] is not None:
                return KnownRow(row_id, row["text"], row["pair"])
            known = KnownRow(row_id, None, None)
    return known


def _files(paths: Paths, contents: Contents, versions: Sequence[Version]) -> Iterator[tuple[Path, bool]]:
    """Files of rows, and whether their rows have parents: the workspace's, then those of the versions, each once."""
    for file in (paths.ingested, paths.augmented, paths.train, paths.val, paths.test):
        if file.exists():
            yield file, file == paths.augmented
    seen = set()
    for statement in [each.statement for each in versions if each.statement]:
        for part in PARTS:
            name, md5 = data_file(statement, part)
            found = None if md5 in seen else contents.find(name, md5)
            seen.add(md5)
            if found is not None:
                yield found, part == "training"
