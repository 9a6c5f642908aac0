"""What a run reads and makes, told to a catalogue in OpenLineage's words, if one is set

Set as OpenLineage's own client reads it: OPENLINEAGE_URL, OPENLINEAGE_CONFIG or OPENLINEAGE__TRANSPORT__…; its
specification: openlineage.io/docs/spec. Whatever goes wrong with telling never stops a run.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import yaml

from flows.news import News, Outcome, Said, Started, listening, tell
from flows.redact import redact
from tasks.lineage.materials import describe
from tasks.paths import Paths

NAMESPACE_VARIABLE = "OPENLINEAGE_NAMESPACE"
FLOW = "finetrace.retrain"
MISSING = (
    "OpenLineage events are asked for, and openlineage-python is not installed: nothing is told. "
    "Install it: pip install -e '.[openlineage]'"
)
_SWITCHES = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")
_PREFIX = "OPENLINEAGE__TRANSPORT__"


@dataclass(frozen=True)
class Data:
    """A file or folder of the workspace, by its content."""

    name: str
    md5: str
    sha256: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened to a job: START, COMPLETE or FAIL."""

    state: str
    job: str
    run_id: str
    parent: str | None = None
    """Run id of the flow that the job is a part of."""
    inputs: Sequence[Data] = ()
    outputs: Sequence[Data] = ()
    message: str = ""
    """Of a FAIL: what went wrong."""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Whether somebody has said where events go."""
    if environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    return any(environ.get(name) for name in _SWITCHES) or any(name.startswith(_PREFIX) for name in environ)


@contextmanager
def lineage_events(paths: Paths, run_id: str | None, warn: Callable[[str], None]) -> Iterator[None]:
    """Tell of the flow and of each stage that is made within the block. run_id: of the flow, a UUID; warn: hears, once,
    why nothing is told."""

    def say(line: str) -> None:
        tell(Said(line))  # to whoever watches on this machine
        warn(line)

    teller = Teller(paths, _flow_id(run_id), _open_client(say), say)
    if not teller.is_open:
        yield
        return
    teller.begin()
    try:
        with listening(teller.hear):
            yield
    except BaseException as error:
        teller.fail(f"{type(error).__name__}: {error}")
        raise
    teller.complete()


class Teller:
    """Turns news into events. send: takes an event; None if nobody wants any."""

    def __init__(
        self, paths: Paths, run_id: str, send: Callable[[Event], None] | None, warn: Callable[[str], None]
    ) -> None:
        self._paths, self._run_id, self._send, self._warn = paths, run_id, send, warn
        self._stage: tuple[str, str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether events are wanted, and none was lost yet."""
        return self._send is not None

    def begin(self) -> None:
        """The flow has begun."""
        self._tell(Event("START", FLOW, self._run_id))

    def hear(self, news: News) -> None:
        """A stage has begun, or is made; stages that were not run are no events."""
        if isinstance(news, Started):
            self._stage = news.stage, str(uuid4())
            self._tell(Event("START", self._job(), self._stage[1], self._run_id))
        elif isinstance(news, Outcome) and self._stage and self._stage[0] == news.stage:
            inputs, outputs = self._files(news.stage) if news.ran else ([], [])
            self._tell(Event("COMPLETE", self._job(), self._stage[1], self._run_id, inputs, outputs))
            self._stage = None

    def complete(self) -> None:
        """The flow has ended well."""
        self._tell(Event("COMPLETE", FLOW, self._run_id))

    def fail(self, message: str) -> None:
        """The flow has failed, and with it the stage at work."""
        told = redact(message)[:1_000]
        if self._stage:
            self._tell(Event("FAIL", self._job(), self._stage[1], self._run_id, message=told))
        self._tell(Event("FAIL", FLOW, self._run_id, message=told))

    def _job(self) -> str:
        return f"{FLOW}.{self._stage[0]}" if self._stage else FLOW

    def _files(self, stage: str) -> tuple[list[Data], list[Data]]:
        try:
            return read_files(self._paths, stage)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError):
            return [], []  # a broken dvc.lock is told by those who need it

    def _tell(self, event: Event) -> None:
        if self._send is None:
            return
        try:
            self._send(event)
        except Exception as error:
            self._send = None
            self._warn(f"OpenLineage events cannot be sent ({redact(str(error))[:200]}): nothing more is told.")


def read_files(paths: Paths, stage: str) -> tuple[list[Data], list[Data]]:
    """What a stage read and wrote below data/, by dvc.lock; sha256 of what is as recorded there."""
    recorded = yaml.safe_load((paths.root / "dvc.lock").read_text(encoding="utf-8"))["stages"].get(stage, {})
    known: dict[tuple[str, str], dict[str, str]] = {}

    def of(kind: str) -> list[Data]:
        listed = [each for each in recorded.get(kind, []) if str(each["path"]).startswith("data/")]
        described = [describe(paths, each, known) for each in listed]
        return [Data(e["name"], e["digest"]["md5"], e["digest"].get("sha256", "")) for e in described]

    return of("deps"), of("outs")


def _flow_id(run_id: str | None) -> str:
    try:
        return str(UUID(str(run_id)))
    except ValueError:
        return str(uuid4())


def _open_client(warn: Callable[[str], None]) -> Callable[[Event], None] | None:
    """A function that sends an event; None if nobody wants any, or the library is missing."""
    if not is_asked_for(os.environ):
        return None
    try:
        from flows.lineage_client import open_client

        return open_client(os.environ.get(NAMESPACE_VARIABLE) or "finetrace")
    except ImportError:
        warn(MISSING)
    except Exception as error:
        warn(f"OpenLineage's client does not start ({redact(str(error))[:200]}): nothing is told.")
    return None
