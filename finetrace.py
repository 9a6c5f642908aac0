"""The Python interface: what the commands of `finetrace` do, as functions that return what they find.

    import finetrace

    result = finetrace.run("my-workspace")
    finetrace.predict(["where is my parcel?"], root="my-workspace")
    finetrace.promote("challenger", reason="better on refunds", root="my-workspace")

`root` is the folder that holds params.yaml. Nothing is printed unless `progress=True`. Every mistake is one of the
errors below, with the same text as on the command line. Where the answer can be no (the gate refuses, the audit finds a
broken digest), it is raised as an error too; `check=False` returns it instead, as in `subprocess.run`. Libraries are
imported when a function needs them, so `import finetrace` is quick.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.verbs.results import Audit, Comparison, Promotion, Run
from tasks.errors import (
    BusyError,
    ChampionMovedError,
    DataError,
    FinetraceError,
    GateError,
    IntegrityError,
    SettingsError,
    SetupError,
)  # fmt: skip
from tasks.paths import Paths

__all__ = [
    "Audit", "BusyError", "ChampionMovedError", "Comparison", "DataError", "FinetraceError", "GateError",
    "IntegrityError", "Promotion", "Run", "SettingsError", "SetupError", "audit", "compare", "plan", "predict",
    "promote", "recall", "reproduce", "run", "status", "why",
]  # fmt: skip

Root = str | os.PathLike[str]


def run(
    root: Root = ".", *, until: str = "register", force: bool = False, progress: bool = False, check: bool = True
) -> Run:
    """Bring every stage up to date, and register the model if the gate passes.

    until: the last stage to run. force: run every stage again, changed or not. progress: print a line for each stage.
    Raises SettingsError, DataError, IntegrityError, BusyError, SetupError; with `check`, GateError for a refusal.
    """
    from flows.run import run as run_stages
    from flows.verbs.commands import check_until, raise_if_refused, stage_numbers

    paths = _paths(root)
    check_until(until)
    with _printing(progress):
        verdict = run_stages(paths, until=until, force=force)
    if check:
        raise_if_refused(verdict)
    version = verdict.get("version")
    address = f"models:/{verdict['name']}/{version}" if version is not None else None
    return Run(verdict.get("passed"), version, address, verdict, stage_numbers(paths))


def plan(root: Root = ".") -> dict[str, Any]:
    """What would train, at which rate and depth, for how long, and every conflict; nothing is trained.

    Raises SettingsError, and DataError if there are no rows yet (`run(until="augment")` makes them).
    """
    from flows.verbs.commands import plan_training

    return plan_training(_paths(root))


def compare(
    candidates: Sequence[str],
    root: Root = ".",
    *,
    seeds: int = 1,
    epochs: int | None = None,
    seconds: float | None = None,
    metric: str | None = None,
    jobs: int | None = None,
    progress: bool = False,
) -> Comparison:
    """Train several candidates on the same rows, and say which is shown to be better and at which cost.

    candidates: presets, `current`, .yaml files of lines, or `name:key=value,…`. The budget of each training is `epochs`
    or CPU-`seconds`, else the epochs of params.yaml. metric: one of the target's, by default the one that epochs are
    picked by. jobs: trainings at a time; by default as many as the cores hold.
    Raises SettingsError, DataError, BusyError; GateError if no candidate was trained to the end.
    """
    from flows.verbs.compare_command import compare_candidates

    paths = _paths(root)
    with _printing(progress):
        found = compare_candidates(
            paths, list(candidates), jobs=jobs, seeds=seeds, epochs=epochs, seconds=seconds, metric=metric
        )
    names = ("winner", "verdict", "candidates", "failed", "test", "lines")
    return Comparison(**{name: found[name] for name in names}, page=paths.root / found["page"])


def predict(
    texts: Sequence[str], root: Root = ".", *, pairs: Sequence[str] = (), model: str | None = None
) -> list[dict[str, Any]]:
    """Each text with what the model says of it, as `finetrace predict --json` prints it.

    pairs: the second text of each text, where the model reads pairs. model: `models:/NAME@ALIAS` or
    `models:/NAME/VERSION`, whose every byte is checked; by default data/model.
    Raises SettingsError, DataError if there is no such model, IntegrityError.
    """
    from flows.verbs.predictions import predict_rows

    return predict_rows(_paths(root), list(texts), pairs=list(pairs), model=model)[1]


def promote(
    version: int | str, *, reason: str, root: Root = ".", by: str = "", expect: int | None = None, check: bool = True
) -> Promotion:
    """Ask every gate about a version again, and make it the champion if they agree.

    version: a number, or an alias. reason: kept in the ledger. by: who asks; by default FINETRACE_BY, else git's user.
    expect: only if this version is the champion now. Where promote.approval is on, this waits for a person.
    Raises SettingsError, SetupError, ChampionMovedError; with `check`, GateError or IntegrityError for a refusal.
    """
    from flows.verbs.promote_command import outcome_values, promote_version, raise_if_refused

    judged, decided = promote_version(_paths(root), str(version), reason=reason, by=by, expect=expect)
    if check and not isinstance(decided, dict):
        raise_if_refused(judged, decided)
    found = outcome_values(judged, decided)
    return Promotion(found["what"], found["line"], found["champion"], found["rules"])


def audit(
    version: int | str | None = None,
    root: Root = ".",
    *,
    every: bool = False,
    remote: bool = False,
    require_signature: bool = False,
    check: bool = True,
) -> Audit:
    """Hash again everything a version was made from, and compare all records that mention it.

    version: a number, an alias or an address; by default the champion. every: all versions of the model. remote: fetch
    from a DVC remote that is not a folder here. require_signature: what no trusted key has signed is broken.
    Raises SettingsError, DataError if there is no registry yet; with `check`, IntegrityError if anything is broken.
    """
    from flows.verbs.audit_command import audit_values, audit_versions, raise_if_broken

    reports, gone = audit_versions(
        _paths(root), _address(version), every=every, fetch=remote, require_signature=require_signature
    )
    if check:
        raise_if_broken(reports, gone)
    return Audit(**audit_values(reports, gone))


def why(row: str, root: Root = ".", *, check: bool = True) -> dict[str, Any]:
    """A row's story: file and line, quarantined or not, side, prediction, and which versions learned from it.

    row: its id, or its text. The keys are those of `finetrace why --json`: matched, stories, nearest, elsewhere, more.
    Raises DataError, with `check`, if neither the workspace nor a version knows it.
    """
    from flows.verbs.trace_why import as_values, find_story, raise_if_unknown

    answer = find_story(_paths(root), row)
    if check:
        raise_if_unknown(answer)
    return as_values(answer)


def recall(
    *,
    row: str | None = None,
    dataset: str | None = None,
    reason: str = "",
    by: str = "",
    yes: bool = False,
    root: Root = ".",
    check: bool = True,
) -> dict[str, Any]:
    """Every version that learned from a row or a data set; with `yes`, they are taken out of use, through the ledger.

    row: its id (`why` tells it). dataset: md5 or sha256. Without `yes` nothing is changed. The keys are those of
    `finetrace recall --json`: asked, done, and for each model touched, unknown, untouched and the champion.
    Raises SettingsError, DataError if the row is not known; with `check`, IntegrityError if of some version it cannot
    be told: that is not the same as untouched.
    """
    from flows.verbs.trace_recall import raise_if_uncertain, recall_versions

    found = recall_versions(_paths(root), row=row, dataset=dataset, reason=reason, by=by, confirm=lambda *_: yes)
    if check:
        raise_if_uncertain(found)
    return found.values


def reproduce(
    version: int | str | None = None, root: Root = ".", *, progress: bool = False, check: bool = True
) -> dict[str, Any]:
    """A version made again from its commit, its data and its lock, compared with the one registered.

    version: a number, an alias or an address; by default the champion. The keys are version, verdict (identical, within
    tolerance or differs), where, and environment: packages and hardware that are not as they were.
    Raises SettingsError, DataError; with `check`, IntegrityError if it differs.
    """
    from flows.verbs.reproduce_command import raise_if_different, reproduce_version

    address, verdict = reproduce_version(_paths(root), _address(version), print if progress else lambda _: None)
    if check:
        raise_if_different(address, verdict)
    return {"version": address, **verdict.as_json()}


def status(root: Root = ".") -> dict[str, Any]:
    """Which stages are stale and why, the last verdict, the versions with their aliases, and what is served."""
    from flows.verbs.status import read_status

    return read_status(_paths(root))


def _paths(root: Root) -> Paths:
    return Paths(Path(root).resolve())


def _address(version: int | str | None) -> str | None:
    return None if version is None else str(version)


@contextmanager
def _printing(progress: bool) -> Iterator[None]:
    """Within the block, a line for each stage or training as it ends, if that is wanted."""
    if not progress:
        yield
        return
    from flows.news import listening
    from flows.verbs.terminal import Watcher, make_console

    watcher = Watcher(make_console(stderr=False))
    try:
        with listening(watcher.hear):
            yield
    finally:
        watcher.close()
