"""Everything that can speak of a version, as read: no opinion, only what each witness says"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.lineage.ledger import Ledger
from tasks.lineage.statement import Statement


@dataclass(frozen=True)
class Unreached:
    """A witness that could not be asked."""

    why: str
    is_broken: bool = False
    """It should be here, and is not, or is not readable: that is no accident of where we look from."""


@dataclass(frozen=True)
class Registered:
    """What the registry says of the version."""

    name: str
    version: int
    tags: Mapping[str, str]
    run_id: str
    champion: int | None
    """The version that the alias champion points to."""
    champion_says: str = ""
    """What the page of that one says of its promotion."""


@dataclass(frozen=True)
class Made:
    """The statement and what lies beside it."""

    statement: Statement
    files: Mapping[str, bytes]
    """File beside the statement → its bytes; signatures and the statement itself among them."""
    signatures: str = ""


@dataclass(frozen=True)
class Package:
    """The version's files where they lie."""

    files: Mapping[str, str]
    """File → sha256; the list below is left out."""
    listed: Mapping[str, str]
    """What the package's own list says of them."""
    listed_digest: str
    refused: Sequence[str] = ()
    """Links, and files of kinds that can run code."""
    compiled: Sequence[str] = ()
    """Files of compiled code that Python left there, or somebody put there: nobody recorded them."""
    strategy: str = ""
    """How the model learned, as its own about.json says; "" if that cannot be read."""


@dataclass(frozen=True)
class Run:
    """The MLflow run that trained the model."""

    tags: Mapping[str, str]
    inputs: Sequence[tuple[str, str, str]]
    """Data: name, digest, context."""
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Of those that the statement names: what the run shows, then every value that was logged."""
    is_deleted: bool = False


@dataclass(frozen=True)
class Place:
    """DVC objects somewhere: a cache or a remote."""

    where: str
    found: Mapping[str, str]
    """md5 that an object is called by → md5 of its bytes; those that are not there are left out."""
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Folder's md5 (ends in .dir) → its members: path → md5; {} if the list cannot be read."""


@dataclass(frozen=True)
class Disk:
    """The workspace, as far as it is still that of this version."""

    found: Mapping[str, str]
    """Path → md5 of what is there (of a folder's list, for a folder); what is not there is left out."""
    unsettled: Mapping[str, str]
    """Stage → why the workspace no longer says anything of it."""
    edited: frozenset[str] = frozenset()
    """Stages of which the workspace's dvc.lock says something else than the one that is kept."""


@dataclass(frozen=True)
class Code:
    """The commit with the recorded changes on top, as git has them."""

    found: Mapping[str, str]
    """Path → md5 (of a folder's list, for a folder), of what dvc.lock names and git has."""
    texts: Mapping[str, str]
    """The files that are kept beside the statement, as git has them, secrets masked."""
    left_out: Sequence[str] = ()
    """Files whose changes were not kept: new and large, or binary."""
    is_masked: bool = False
    """Whether the recorded changes lack something: a secret was masked in them."""


@dataclass(frozen=True)
class FlowRun:
    """What Prefect remembers of the flow run."""

    flow: str
    state: str
    parameters: Mapping[str, Any]
    events: frozenset[str]
    """Words of the events that Prefect kept of it: Pending, Running, Completed."""
    source: str


@dataclass(frozen=True)
class Witnesses:
    """All of them."""

    registered: Registered
    made: Made | Unreached
    package: Package | Unreached
    run: Run | Unreached
    ledger: Ledger
    trusted: Mapping[str, Any]
    """Key id → public key."""
    cache: Place | Unreached
    remote: Place | Unreached
    disk: Disk | Unreached
    base: str | Unreached
    """Digest of the base's weights."""
    code: Code | Unreached
    flow_run: FlowRun | Unreached
    lock: Mapping[str, Any] = field(default_factory=dict)
    """The dvc.lock kept beside the statement."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The params.yaml kept beside it."""
    uncached: frozenset[str] = frozenset()
    """Outputs that the kept dvc.yaml leaves out of the cache."""
    require_signature: bool = False
