"""Which stages are stale, and how one is made, as DVC sees it."""

import json
import re
import signal
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from flows.processes.child import ChildKilledError
from flows.processes.stage_inputs import damage_of, refuse_changed_inputs
from flows.processes.workshop import open_workshop
from flows.redact import redact
from tasks.damage import drop_damaged_objects, refuse_damage
from tasks.errors import EXIT_CODES, BusyError, DataError, FinetraceError, IntegrityError, SettingsError, SetupError
from tasks.files import read_json
from tasks.full_disk import full_disk, tells_of_full_disk
from tasks.paths import Paths
from tasks.stages import STAGES

STATUS_SECONDS = 600.0
_EXITED = re.compile(r"exited with (-?\d+)")


def check_sections(paths: Paths) -> None:
    """Raise SettingsError if params.yaml lacks a section that DVC must find, even if all in it is at its default."""
    given = yaml.safe_load(paths.params.read_text(encoding="utf-8"))
    needed = dict.fromkeys(section for stage in STAGES.values() for section in stage.sections)
    missing = [name for name in needed if not isinstance(given.get(name), dict)]
    if missing:
        lines = "\n".join(f"  {name}: {{}}" for name in missing)
        raise SettingsError(f"{paths.params} lacks sections that DVC looks for. Add, for their defaults:\n{lines}")


def stale_stages(paths: Paths) -> dict[str, list[str]]:
    """Each stage that DVC would run, with what has changed for it.

    What comes after a stale stage may turn stale once that stage has run, and is not told here.
    """
    told: list[str] = []
    with open_workshop(paths) as workshop:
        code = workshop.dvc("status", "--json", tell=told.append, seconds=STATUS_SECONDS)
    if code != 0:
        raise explain(paths, "\n".join(told))
    return state_of(next(line for line in told if line.startswith("{")))


def state_of(status: str) -> dict[str, list[str]]:
    """What `dvc status --json` prints → each stale stage, in order, with what has changed for it."""
    found: dict[str, Any] = json.loads(status)
    return {name: _reasons(found[name]) for name in STAGES if name in found}


def make_stage(
    paths: Paths,
    stage: str,
    *,
    tell: Callable[[str], None],
    extra_environment: Mapping[str, str],
    timeout_seconds: float,
    force: bool = False,
) -> bool:
    """Bring one stage up to date through DVC; whether it had to run. With `force`, damaged objects are removed first.

    Raises IntegrityError if DVC hands out other bytes than it records, the error the stage ended with,
    ChildKilledError if a signal ended it, TimeoutError, BusyError if another DVC works on the same files, SetupError
    for what else DVC says.
    """
    refuse_changed_inputs(paths, stage)
    before = _last_run(paths, stage)
    told: list[str] = []

    def listen(line: str) -> None:
        told.append(line)
        tell(line)

    order = ["repro", "--single-item", *(["--force"] if force else []), stage]
    for _ in range(2 if force else 1):  # what is damaged may show only once the stage has run
        if force:
            drop_damaged_objects(paths.root, [stage])
        paths.failure(stage).unlink(missing_ok=True)
        with open_workshop(paths) as workshop:
            code = workshop.dvc(*order, tell=listen, seconds=timeout_seconds, environment=extra_environment)
        if code != 0:
            raise stage_error(paths, stage, code, "\n".join(told))
        damage = damage_of(paths, [stage])
        if not damage:
            break
    refuse_damage(damage)
    return _last_run(paths, stage) != before


def stage_error(paths: Paths, stage: str, code: int, output: str) -> Exception:
    """Why a stage failed: what it left behind for us, the signal that ended it, or what DVC says."""
    if paths.failure(stage).exists():
        failure = read_json(paths.failure(stage))
        return EXIT_CODES.get(failure["exit_code"], FinetraceError)(failure["message"])
    if words := tells_of_full_disk(output):
        return full_disk(words)
    exited = _EXITED.search(output)
    status = int(exited[1]) if exited else code
    if status < 0 or 128 < status <= 128 + signal.NSIG:  # DVC's own word for any failure is 255
        number = -status if status < 0 else status - 128
        return ChildKilledError(f"Stage {stage} was ended by signal {number}{_hint(number)}.")
    if exited:
        return FinetraceError(f"Stage {stage} failed unexpectedly:\n{redact(_last_lines(output))}")
    return explain(paths, output)


def explain(paths: Paths, output: str) -> FinetraceError:
    """What DVC says, as one of our errors."""
    says = redact(_as_sentence(output.rpartition("ERROR: ")[2]))
    if words := tells_of_full_disk(output):
        return full_disk(words)
    if "is busy" in output or "Unable to acquire lock" in output:
        return BusyError(f"Another DVC is at work in {paths.root}: {says} Wait until it ends.")
    if "rwlock" in output:
        return IntegrityError(f"DVC cannot read {paths.root}/.dvc/tmp/rwlock: {says} If no DVC runs, delete that file.")
    if "dvc.lock" in output:
        return IntegrityError(f"dvc.lock is broken: {says} Restore it (git checkout dvc.lock), or delete it and run.")
    if any(words in output for words in ("missing data source", "does not exist", "No such file or directory")):
        return DataError(f"An input is missing: {says}")
    return SetupError(f"DVC failed: {says} Try `finetrace doctor`.")


def _reasons(entries: list[Any]) -> list[str]:
    """DVC's nested account of changes as words: ["data/x.csv modified", …]."""
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(entry)
        else:
            found += [word for changes in entry.values() for word in _flatten(changes)]
    return found


def _flatten(changes: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name, how in changes.items():
        found += _flatten(how) if isinstance(how, dict) else [f"{name} {how}"]
    return found


def _last_run(paths: Paths, stage: str) -> int:
    """Changes each time that the stage itself runs."""
    timing = paths.timing(stage)
    return timing.stat().st_mtime_ns if timing.exists() else 0


def _last_lines(text: str, count: int = 3) -> str:
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:]) or "it says nothing."


def _as_sentence(text: str) -> str:
    words = " ".join(text.split())[:500].rstrip(".")
    return f"{words}." if words else "it says nothing."


def _hint(number: int) -> str:
    return " (killed; often by the system for want of memory: lower the batch or the data)" if number == 9 else ""
