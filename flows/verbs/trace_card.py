"""`finetrace card`: a version's model card, written or checked"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.verbs.terminal import make_console
from flows.verbs.trace_words import opened_store, shown
from tasks.config import load_config
from tasks.errors import DataError, IntegrityError
from tasks.files import replacing
from tasks.paths import Paths

_MOST_TOLD = 10


def write_card(paths: Paths, address: str, *, out: Path | None, keep: bool) -> None:
    """Print the card, or write it to a file, or keep it with its version."""
    with _asked(paths, address) as (store, version, evidence):
        from tasks.trace.card.kept import keep_card
        from tasks.trace.card.make import make_card

        text = make_card(evidence)
        place = keep_card(store, version, text) if keep else ""
    console = make_console(stderr=True)
    if evidence.lost:
        console.print(f"Not reachable, so that the card says less: {shown(', '.join(evidence.lost))}")
    if place:
        console.print(f"Kept with {shown(version.shown)}: {shown(place)}")
    if out:
        with replacing(out) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
        console.print(f"Written to {shown(out)}")
    elif not keep:
        sys.stdout.write(text)


def check_card(paths: Paths, address: str, file: Path | None) -> None:
    """Build the card anew and compare. Raises IntegrityError, and names the lines, if the given one disagrees."""
    with _asked(paths, address) as (store, version, evidence):
        from tasks.trace.card.kept import read_kept_card
        from tasks.trace.card.make import compare_cards, make_card

        given = read_kept_card(store, version) if file is None else _read(file)
        found = compare_cards(given, make_card(evidence))
    console = make_console(stderr=False)
    for each in found[:_MOST_TOLD]:
        console.print(f"[red]✗[/] line {each.line}")
        console.print(f"    says      {shown(each.says, 200) or '(nothing)'}")
        console.print(f"    evidence  {shown(each.should, 200) or '(nothing)'}")
    if found:
        lost = f" Not reachable, and perhaps the cause: {', '.join(evidence.lost)}." if evidence.lost else ""
        lines = ", ".join(str(each.line) for each in found[:_MOST_TOLD])
        raise IntegrityError(f"the card of {version.shown} disagrees with the registry in line {lines}.{lost}")
    console.print(f"[green]✓[/] the card of {shown(version.shown)} says what the registry knows")


@contextmanager
def _asked(paths: Paths, address: str) -> Iterator[tuple[Any, Any, Any]]:
    """The store, the version and its evidence."""
    config = load_config(paths.params)
    with opened_store(paths) as store:
        if store is None:
            raise DataError("No version is registered here yet: there is nothing to write a card of.")
        from tasks.trace.card.evidence import read_evidence
        from tasks.trace.versions import read_version

        version = read_version(store, config.register.name, address)
        yield store, version, read_evidence(store, paths, version)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read ({error}).") from None
