"""2, 10 to 12 and 23 to 25: promotions killed, raced, refused, and read from while they go on."""

# ruff: noqa: S608 - every word of these queries is our own

from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Lab, Place
from tests.torture.prepared import NAME, registered
from tests.torture.promoting import FLIP, HOLD, KILLED_REGISTRATION, READ, RUN, TYPED
from tests.torture.registered_model import store
from tests.torture.workspace import Workspace, flipped

PROMOTE = ("promote", "2", "--reason", "torture")
FLIPS, FLIPS_FULL = 30, 200
POINTS = ("effect.set_champion", "effect.find_version", "effect.mark", "effect.keep", "effect.set_anchor")
"""After the ledger's line and before: the alias, its reading back, the page, the artifact, the anchor."""


def second_version(lab: Lab) -> Workspace:
    """A workspace with two versions that were measured on the same rows: v1 the champion, v2 the challenger."""
    return lab.once("second_version", lambda place: _register_second(place, "register"))


def _register_second(place: Place, *how: str) -> Workspace:
    workspace = _with_second_model(place)
    done = workspace.finetrace(*how)
    require(done.code == 0, f"v2 is not registered: {done.last_words}")
    return workspace


def _with_second_model(place: Place) -> Workspace:
    workspace = registered(place)
    workspace.set(finetune={"strategy": {"kind": "feature_extraction", "inverse_penalty": 5.0}})
    workspace.stages("finetune", "evaluate")
    (workspace.root / "dvc.lock").unlink()
    return workspace


def _two(place: Place) -> Workspace:
    return place.copy(second_version(place.lab))


def _typed(workspace: Workspace, *arguments: str, first: str = "") -> Done:
    return workspace.run("-c", TYPED + first + RUN, *arguments)


def _aliases(workspace: Workspace) -> dict[str, int]:
    found = workspace.query(f"SELECT alias, version FROM registered_model_aliases WHERE name = '{NAME}'")
    return {alias: int(version) for alias, version in found}


def _actions(workspace: Workspace) -> list[str]:
    lines = (  # one tag of each line, in the ledger's order
        "SELECT t.value FROM model_version_tags t JOIN model_versions v ON v.name = t.name AND v.version = t.version "
        f"WHERE t.key = 'action' AND t.name = '{NAME}.ledger' ORDER BY v.version"
    )
    return [str(action) for (action,) in workspace.query(lines)]


def _killed_after_register(place: Place) -> Done:
    """2: killed once the version is in the ledger; registering again makes no second one."""
    workspace = _with_second_model(place)
    place.kills = True
    killed = workspace.run("-c", KILLED_REGISTRATION)
    require(killed.code == 137, f"it was not killed: {killed.last_words}")
    require(_aliases(workspace)["champion"] == 1, "the champion changed")
    done = workspace.finetrace("register")
    versions = workspace.query(f"SELECT count(*) FROM model_versions WHERE name = '{NAME}'")
    require(versions == [(2,)], f"versions: {versions}")
    require(_actions(workspace) == ["register", "register"], f"the ledger: {_actions(workspace)}")
    require(_aliases(workspace) == {"champion": 1, "challenger": 2}, f"aliases: {_aliases(workspace)}")
    return done


def _killed_at(point: str) -> Callable[[Place], Done]:
    """11: old or new, never none; the next promotion finishes it."""

    def act(place: Place) -> Done:
        workspace = _two(place)
        workspace.before = None
        place.kills = True
        killed = _typed(workspace, *PROMOTE, first=f"{point} = kill\n")
        require(killed.code == 137, f"it was not killed: {killed.last_words}")
        require(_aliases(workspace).get("champion") in (1, 2), f"aliases: {_aliases(workspace)}")
        done = _typed(workspace, *PROMOTE)
        require(_aliases(workspace) == {"champion": 2}, f"aliases: {_aliases(workspace)}")
        require(_actions(workspace) == ["register", "register", "promote"], f"the ledger: {_actions(workspace)}")
        return require_said(done, "is the champion of")

    return act


def require_said(done: Done, words: str) -> Done:
    """Raise NotHeldError unless the words stand on stdout; gives the command back."""
    require(words in done.stdout, f"stdout does not say {words!r}: {done.stdout[-300:]}")
    return done


def _whole(place: Place) -> Done:
    """11, untouched: the real gates, in clean processes, on the rows that the version was measured on."""
    workspace = _two(place)
    workspace.before = None
    done = workspace.finetrace(*PROMOTE)
    require(_aliases(workspace) == {"champion": 2}, f"aliases: {_aliases(workspace)}")
    return require_said(done, "texts answered in a clean process")


def _flipped(place: Place) -> Done:
    workspace = _two(place)
    source = workspace.query(f"SELECT source FROM model_versions WHERE name = '{NAME}' AND version = 2")[0][0]
    with flipped(Path(source.removeprefix("file://")) / "artifacts/model/weights.safetensors"):
        done = workspace.finetrace(*PROMOTE)
    return require_words(done, "weights.safetensors")


def _delete_holder(alias: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = _two(place)
        done = workspace.finetrace("delete", alias, "--reason", "torture")
        require(_aliases(workspace) == {"champion": 1, "challenger": 2}, f"aliases: {_aliases(workspace)}")
        return require_words(done, f"holds the alias {alias}")

    return act


def _race(place: Place) -> Done:
    """23: both read the ledger before either writes."""
    workspace = _two(place)
    workspace.before = None
    code = TYPED + "command.judge_version = meet\n" + RUN
    running = [workspace.start("-c", code, *PROMOTE) for _ in range(2)]
    done = sorted((workspace.finish(each) for each in running), key=lambda each: each.code)
    require([each.code for each in done] == [0, 6], f"exit codes {[each.code for each in done]}: {done[1].last_words}")
    require_words(done[1], "CHAMPION_MOVED: while you asked, ")
    require(_actions(workspace)[2:] == ["promote", "promote"], f"the ledger: {_actions(workspace)}")
    told = workspace.finetrace("history")
    require("promote v2 (void: it came too late)" in told.stdout, "the history does not show both")
    return told


def _lock(workspace: Workspace) -> Path:
    return workspace.root / ".finetrace" / "locks" / "mlflow-promote.lock"


def _living_holder(place: Place) -> Done:
    workspace = _two(place)
    holder = workspace.start("-c", HOLD, str(_lock(workspace)))
    holder.wait_until((workspace.root / "held").exists)
    done = _typed(workspace, *PROMOTE, first="settled.WAIT_SECONDS = 0.5\n")
    holder.kill()
    holder.finish()
    return require_words(done, "another promotion has held")


def _dead_holder(place: Place) -> Done:
    """24: killed while it held the lock; its file is still there."""
    workspace = _two(place)
    workspace.before = None
    place.kills = True
    holder = workspace.start("-c", HOLD, str(_lock(workspace)))
    held = holder.wait_until((workspace.root / "held").exists)
    holder.kill()
    require(held and holder.finish().code == 137, "it was not killed while it held the lock")
    require(_lock(workspace).exists(), "the lock file is gone, so nothing is shown")
    return _typed(workspace, *PROMOTE, first="settled.WAIT_SECONDS = 0.5\n")


def _reader(place: Place) -> Done:
    """25: whoever loads the champion while it changes always finds a whole model."""
    workspace = _two(place)
    workspace.before = None
    flips = FLIPS_FULL if place.lab.full else FLIPS
    reader = workspace.start("-c", READ, NAME, extra=store(workspace))
    reader.wait_until((workspace.root / "reading").exists)
    done = workspace.finish(workspace.start("-c", TYPED + FLIP, str(flips)), 1_800.0)
    read = workspace.finish(reader)
    require(read.code == 0, f"the reader found no whole champion: {read.last_words}")
    require(read.stdout.strip() == "[1, 2]", f"the reader saw the champions {read.stdout.strip()}")
    require(_actions(workspace).count("promote") == flips, f"{_actions(workspace).count('promote')} promotions")
    return done


CASES: list[Case] = [
    Case(2, "killed between register and promote: no second version, the same champion", 0, _killed_after_register),
    Case(10, "promote refuses a version with a flipped bit", 5, _flipped),
    Case(11, "a promotion through the real gates, undisturbed", 0, _whole),
    *(
        Case(11, f"killed in a promotion at {each}: old or new, and the next finishes it", 0, _killed_at(each))
        for each in POINTS
    ),
    *(
        Case(12, f"a version that holds the alias {each} is not deleted", 3, _delete_holder(each))
        for each in ("champion", "challenger")
    ),
    Case(23, "of two promotions at once one wins, the other is told CHAMPION_MOVED, the ledger has both", 0, _race),
    Case(24, "a promotion waits for a living holder of the lock, and says which", 6, _living_holder),
    Case(24, "a promotion does not wait for a dead one", 0, _dead_holder),
    Case(25, "a reader always finds a whole champion while it changes", 0, _reader),
]
