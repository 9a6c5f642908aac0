"""13, 32 and 36, for comparisons and searches: what is killed goes on, and a candidate that fails loses nobody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import trained
from tests.torture.workspace import Workspace

FINETUNE = {"strategy": {"kind": "partial", "layers": 1}, "epochs": 3, "batch_tokens": 64, "precision": "float32"}
COMPARE = ("-m", "flows.cli", "compare", "partial", "lora", "--seeds", "2", "--jobs", "1", "--json")
SEARCH = ("-m", "flows.cli", "search", "--trials", "5", "--jobs", "1", "--json")


def _workspace(place: Place) -> Workspace:
    workspace = trained(place)
    workspace.set(finetune=FINETUNE)
    return workspace


def _finished(workspace: Workspace) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in (workspace.root / "data/trials").glob("*/result.json")}


def _found(done: Done) -> Any:
    require(done.code == 0, f"it did not end well: {done.last_words}")
    return json.loads(done.stdout)


def _killed(command: tuple[str, ...], count: int) -> Callable[[Place], Done]:
    """Killed with SIGKILL when so many trainings are finished; asked for again, only the others are trained."""

    def act(place: Place) -> Done:
        workspace = _workspace(place)
        place.kills = True
        running = workspace.start(*command)
        reached = running.wait_until(lambda: len(_finished(workspace)) >= count)
        running.kill()
        require(reached and running.finish().code == 137, "it was not killed in time")
        kept = _finished(workspace)
        done = workspace.run(*command)
        found, after = _found(done), _finished(workspace)
        require({file: after.get(file) for file in kept} == kept, "a finished training was made again")
        counted = len(found.get("trials", after))
        require(counted == len(after) == (5 if "search" in command else 4), f"{counted} trials, {len(after)} results")
        return done

    return act


def _failing_candidate(place: Place) -> Done:
    workspace = _workspace(place)
    done = workspace.run(*COMPARE[:4], "deep:strategy.layers=9", *COMPARE[4:])
    found = _found(done)
    names = [each["name"] for each in found["candidates"]]
    require(sorted(names) == ["lora", "partial"], f"compared: {names}")
    reasons = {each["reason"] for each in found["failed"]}
    require(all("3 layers" in each for each in reasons) and len(reasons) == 1, f"failed: {reasons}")
    require(
        len(list((workspace.root / "data/trials").glob("*/evaluation"))) == 1, "more than one look at the test side"
    )
    return done


def _search_without_test(place: Place) -> Done:
    """The test side is gone once its rows are dealt: a search does not miss it."""
    workspace = _workspace(place)
    test = workspace.root / "data/split/test.parquet"
    whole = test.read_bytes()
    running = workspace.start(*SEARCH)
    begun = running.wait_until(lambda: list((workspace.root / "data/trials").glob("*/train.json")))
    test.unlink()
    require(begun and running.is_alive(), "the search was over before the test side was gone")
    done = workspace.finish(running)
    found = _found(done)
    require(all(each["state"] != "failed" for each in found["trials"]), "a trial failed")
    test.write_bytes(whole)
    return done


CASES: list[Case] = [
    Case(13, "a comparison killed with SIGKILL trains only what was not finished", 0, _killed(COMPARE, 1)),
    Case(13, "a search killed with SIGKILL goes on without losing a finished trial", 0, _killed(SEARCH, 2)),
    Case(36, "a candidate that cannot be trained does not lose the others", 0, _failing_candidate),
    Case(32, "a search never needs the test side", 0, _search_without_test),
]
