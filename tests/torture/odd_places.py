"""19: a clock that goes wrong, another time zone, a home that takes no files, a locale without UTF-8: same bytes"""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.injected import CLOCK, injected
from tests.torture.kill_points import require_one_version, virgin
from tests.torture.place import Place
from tests.torture.prepared import NAME, first_runs
from tests.torture.promotion import PROMOTE, second_version
from tests.torture.workspace import Workspace

HOUR = 3600.0
PLACES: dict[str, dict[str, str]] = {
    "in a time zone ahead of UTC": {"TZ": "Pacific/Kiritimati"},
    "in a time zone behind UTC": {"TZ": "America/St_Johns"},
    "with a home that cannot be written to": {"HOME": "/proc"},  # takes no files, the superuser's neither
    "in the locale C": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "in the locale POSIX": {"LC_ALL": "POSIX", "LANG": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
"""How it is said → additions to the environment."""
OF_THE_REGISTRY = ("reports/register.json", "reports/report.html")
"""What says which run and version came of it."""


def _files(workspace: Workspace) -> dict[str, bytes]:
    return {name: content for name, content in workspace.outputs().items() if name not in OF_THE_REGISTRY}


def _require_same(place: Place, workspace: Workspace) -> None:
    """All that the stages made is what they make anywhere else, to the byte."""
    due, found = _files(first_runs(place.lab).workspace), _files(workspace)
    other = sorted(name for name in due.keys() | found.keys() if due.get(name) != found.get(name))
    require(not other, f"other bytes: {', '.join(other[:5])}")


def _run_with(environment: dict[str, str]) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = virgin(place)
        done = workspace.finetrace("run", extra=environment)
        require(done.code == 0, f"it does not run: {done.code}, {done.last_words}")
        _require_same(place, workspace)
        require_one_version(workspace, first_runs(place.lab).weights)
        return done

    return act


def _clock_back(place: Place) -> Done:
    """Made by a clock that is an hour fast, and run again by the right one: nothing is stale, no second version."""
    workspace = virgin(place)
    fast = workspace.finetrace("run", extra=injected(place, "clock", CLOCK, TORTURE_SECONDS=str(HOUR)))
    require(fast.code == 0, f"it does not run: {fast.code}, {fast.last_words}")
    began = workspace.query("SELECT max(start_time) FROM runs")[0][0] / 1000
    require(began > datetime.now(UTC).timestamp() + HOUR / 2, "the clock was not fast, so nothing is shown")
    _require_same(place, workspace)
    done = workspace.finetrace("run")
    _require_same(place, workspace)
    require_one_version(workspace, first_runs(place.lab).weights)
    return done


def _promoted_back(place: Place) -> Done:
    """Two versions, then the clock goes back an hour: the ledger's order is its own, and it stays whole."""
    workspace = place.copy(second_version(place.lab))
    workspace.before = None
    slow = injected(place, "clock", CLOCK, TORTURE_SECONDS=str(-HOUR))
    promoted = workspace.finetrace(*PROMOTE, extra=slow)
    require(promoted.code == 0, f"not promoted: {promoted.last_words}")
    back = workspace.finetrace("rollback", "--reason", "the clock")
    require(back.code == 0, f"not rolled back: {back.last_words}")
    champion = workspace.champion()
    require(champion is not None and champion[0] == 1, f"the champion is {champion}")
    return workspace.finetrace("audit", f"models:/{NAME}@champion")


CASES: list[Case] = [
    *(Case(19, f"a run {words} gives the same bytes", 0, _run_with(how)) for words, how in PLACES.items()),
    Case(19, "after the clock went back an hour nothing is made again, to the same bytes", 0, _clock_back),
    Case(
        19, "promoted and rolled back by a clock an hour slow: the ledger is whole, the audit clean", 0, _promoted_back
    ),
]
