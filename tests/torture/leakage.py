"""32: the same text on two sides, in all its disguises."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from tests.torture.bad_input import put, ready
from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import RAW
from tests.torture.rows import Row, as_csv, easy_rows

PAIRS = easy_rows(60)
TEST = easy_rows(12, seed=11)
REPEATS: dict[str, Row] = {
    "exact": TEST[0],
    "normalised": (f"  {TEST[1][0].upper().replace(' ', '  ')}!", TEST[1][1]),
    "near": (TEST[2][0] + "s", TEST[2][1]),
}
"""By kind, a train row that repeats a row of the official test."""


@dataclass(frozen=True)
class Sides:
    """What split made of a data set."""

    report: dict[str, Any]
    quarantine: dict[str, Any]
    """What validate reported."""
    where: dict[str, list[str]]
    """Text → the sides it is on."""
    done: Done


def _split(place: Place, name: str) -> Sides:
    workspace = ready(place)
    put(workspace, "data/raw/folder/train.csv", as_csv([*PAIRS, *REPEATS.values()]))
    put(workspace, "data/raw/folder/test.csv", as_csv(TEST))
    put(workspace, RAW, as_csv([*PAIRS, *_disguised()]))
    workspace.set(ingest={"path": name}, validate={"max_bad_fraction": 0.5})
    workspace.stages("ingest", "validate")
    done = workspace.stage("split")
    where: dict[str, list[str]] = {}
    for side in ("train", "val", "test"):
        for text in pq.read_table(workspace.root / f"data/split/{side}.parquet")["text"].to_pylist():
            where.setdefault(text, []).append(side)
    split, validate = (
        json.loads((workspace.root / f"data/reports/{each}.json").read_bytes()) for each in ("split", "validate")
    )
    return Sides(split, validate, where, done)


def _disguised() -> list[Row]:
    """Each of the easy rows' texts again, in capitals, with more space, or with a letter more; and some conflicts."""
    disguises = (str.upper, lambda text: text.replace(" ", "   "), lambda text: f"{text}s")
    again = [(disguises[number % 3](text), label) for number, (text, label) in enumerate(PAIRS[:60])]
    return [*again, (PAIRS[90][0], "login"), (PAIRS[90][0].title(), "payment"), (PAIRS[91][0], "shipping")]


def _official(place: Place) -> Sides:
    return place.lab.once("official_test", lambda made_in: _split(made_in, "data/raw/folder"))


def _drawn(place: Place) -> Sides:
    return place.lab.once("drawn_test", lambda made_in: _split(made_in, RAW))


def _removed(kind: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        sides = _official(place)
        require(sides.report["removed_repeats_of_test"][kind] == 1, f"{sides.report['removed_repeats_of_test']}")
        text = REPEATS[kind][0]
        require("train" not in sides.where.get(text, []), f"{text!r} is on {sides.where.get(text)}")
        require("val" not in sides.where.get(text, []), f"{text!r} is on {sides.where.get(text)}")
        return sides.done

    return act


def _nothing_leaks(sides: Callable[[Place], Sides]) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        found = sides(place)
        require(set(found.report["leaks"].values()) == {0}, f"leaks: {found.report['leaks']}")
        return found.done

    return act


def _one_side(place: Place) -> Done:
    found = _drawn(place)
    apart = []
    for (text, _), (other, _) in zip(PAIRS[:60], _disguised(), strict=False):
        together = {*found.where.get(text, []), *found.where.get(other, [])}
        apart += [(text, other, together)] if len(together) > 1 else []
    require(not apart, f"{len(apart)} texts are apart from their disguise: {apart[:1]}")
    return found.done


def _conflicts(place: Place) -> Done:
    found = _drawn(place)
    require(found.quarantine["reasons"].get("conflicting_labels", 0) >= 3, f"reasons: {found.quarantine['reasons']}")
    require(PAIRS[90][0] not in found.where, f"{PAIRS[90][0]!r} is on {found.where.get(PAIRS[90][0])}")
    return found.done


CASES: list[Case] = [
    *(
        Case(
            32,
            f"a train row that repeats a row of the official test ({kind}) is removed and counted",
            0,
            _removed(kind),
        )
        for kind in REPEATS
    ),
    Case(32, "nothing leaks into an official test", 0, _nothing_leaks(_official)),
    Case(32, "nothing leaks between sides that are drawn", 0, _nothing_leaks(_drawn)),
    Case(32, "a text and its copies in other case, spacing or with a letter more are on one side", 0, _one_side),
    Case(32, "one text under several labels is set aside with all its rows", 0, _conflicts),
]
