"""The ledger of a registered model, kept in the same registry: what was done, read and appended to

It is a registered model of its own, NAME.ledger, and each of its versions is a line: the server numbers them, so that
all who write agree on the order, whichever machine they are on, through the same API and the same rights as the models
themselves. A line that was written against a head that had moved meanwhile is void (tasks.lineage.chain).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tasks.errors import ChampionMovedError, IntegrityError
from tasks.lineage.chain import EMPTY, Action, Chain, Entry, Flaw, Head, Line, parse_entry, read_chain
from tasks.lineage.keys import key_file, read_key, trusted_keys
from tasks.lineage.readable import on_one_line, readable
from tasks.lineage.seen import forget, remember, seen_head
from tasks.lineage.signature import ENTRY, sign, signers
from tasks.paths import Paths
from tasks.tracking.store import Store

TEXT, SIGNATURES = "finetrace.entry", "finetrace.signatures"
ANCHOR = "finetrace.ledger"
"""Tag of the registered model: the head that its aliases were last set by."""
_PAGE = 1_000
_ABOUT = (
    "The ledger of **{name}**, written by finetrace: each version here is one thing that happened to a version there. "
    "It is not a model to be used. Do not delete, change or add versions: `finetrace audit` would show it."
)


@dataclass(frozen=True)
class Ledger:
    """A ledger as read, and how much of it the aliases follow."""

    chain: Chain
    anchor: Head
    """The head that the aliases were last set by; EMPTY if they never were."""
    lines: tuple[Line, ...] = ()
    """Every line as it lies there, void and broken ones too."""

    @property
    def is_applied(self) -> bool:
        """Whether the aliases were set by the last entry: if not, somebody was cut off, or is at it."""
        return self.anchor == self.chain.head

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        return self.chain.flaws

    def refuse_flaws(self, name: str) -> None:
        """Raise IntegrityError if somebody changed the ledger."""
        if self.flaws:
            raise _tampered_with(name, self.flaws[0])


def _tampered_with(name: str, flaw: Flaw) -> IntegrityError:
    way_out = f"Nothing is promoted until it is put right; see: finetrace audit models:/{name}@champion"
    return IntegrityError(f"The ledger of {name} was tampered with: line {flaw.number}: {flaw.why}. {way_out}")


def ledger_name(name: str) -> str:
    """The registered model that holds the ledger of `name`."""
    return f"{name}.ledger"


def read_ledger(store: Store, paths: Paths, name: str) -> Ledger:
    """The ledger of a registered model; empty if there is none yet.

    Beside the chain itself, its end is compared with the anchor and with the head that this workspace saw last: so a
    ledger that was cut short shows too. What was seen is remembered.
    """
    found = read_anchor(store, name)
    anchor = found or EMPTY
    lines = _read_lines(store, name)
    chain = read_chain(lines, name)
    flaws = [*chain.flaws, *misread_lines(lines)]
    if not chain.knows(anchor):
        flaws.append(Flaw(anchor.seq, "the registered model was last set by an entry that is gone or changed"))
    if found is None and lines:
        flaws.append(Flaw(0, f"{name} itself was deleted, and its versions with it; {ledger_name(name)} tells of them"))
    elif found is None:  # a registry in which there is no such model, perhaps a new one: what was seen was another
        forget(store, paths, name)
    seen = seen_head(store, paths, name)
    if not chain.knows(seen):
        flaws.append(Flaw(seen.seq, "an entry that this workspace has seen is gone or changed"))
    if not flaws:
        remember(store, paths, name, chain.head)
    return Ledger(replace(chain, flaws=tuple(flaws)), anchor, tuple(lines))


def misread_lines(lines: Sequence[Line]) -> list[Flaw]:
    """Lines of which people read something else, in their description or their tags, than their entry says."""
    flaws: list[Flaw] = []
    known = ((line, entry) for line in lines if (entry := parse_entry(line.text)))  # others are flaws of the chain
    for line, entry in known:
        if line.told != describe_entry(entry):
            flaws.append(Flaw(line.number, f"its description is not what it says: {describe_entry(entry)[:120]}"))
        expected, tags = shown_tags(entry), line.tags
        names = (expected.keys() | tags.keys()) - {SIGNATURES}
        if wrong := sorted(name for name in names if expected.get(name) != tags.get(name)):
            flaws.append(Flaw(line.number, f"its tags {', '.join(wrong)} are not what it says"))
    return flaws


def refuse_bad_signatures(ledger: Ledger, paths: Paths, name: str) -> None:
    """Raise IntegrityError if a signature does not fit its line or, where keys are trusted, is a stranger's."""
    trusted = trusted_keys(paths)
    for line in ledger.lines:
        _, complaints = signers(line.text, ENTRY, line.signatures, trusted)
        if any(trusted or "infra/keys" not in each for each in complaints):
            raise _tampered_with(name, Flaw(line.number, "; ".join(complaints)))


def append(
    store: Store,
    paths: Paths,
    name: str,
    *,
    expected: Head,
    action: Action,
    version: int,
    before: int | None,
    after: int | None,
    by: str,
    via: str,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
) -> Entry:
    """Write an entry after `expected`, the head as the writer knows it; the entry, which counts.

    Raises ChampionMovedError if somebody else's entry came first: ours is then in the ledger as void, and nothing may
    be done by it.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(
        seq=expected.seq + 1,
        previous=expected.digest,
        time=now,
        action=action,
        model=name,
        version=version,
        before=before,
        after=after,
        by=on_one_line(by)[:200],
        via=via,
        reason=readable(reason)[:1_000],
        evidence=dict(evidence or {}),
    )
    _write(store, name, entry, sign(entry.text, ENTRY, read_key(key_file())))
    ledger = read_ledger(store, paths, name)
    if entry not in ledger.chain.entries:
        other = ledger.chain.entries[entry.seq - 1] if len(ledger.chain.entries) >= entry.seq else None
        told = f"{other.by} did `{other.action}` of version {other.version}" if other else "the ledger was changed"
        raise ChampionMovedError(
            f"CHAMPION_MOVED: while you asked, {told}. The champion of {name} is now "
            f"{_named(ledger.chain.champion)}. Look (finetrace history), then ask again."
        )
    return entry


def set_anchor(store: Store, name: str, head: Head) -> None:
    """Note that the aliases now follow this head."""
    store.client.set_registered_model_tag(name, ANCHOR, head.text)


def read_anchor(store: Store, name: str) -> Head | None:
    """The head that the aliases were last set by; None if there is no such registered model."""
    from mlflow.exceptions import MlflowException

    try:
        text = store.client.get_registered_model(name).tags.get(ANCHOR, "")
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    seq, _, digest = text.partition(" ")
    if not text:
        return EMPTY
    return Head(int(seq), digest) if seq.isdigit() else Head(-1, text)


def _read_lines(store: Store, name: str) -> list[Line]:
    found, token = list[Line](), None
    while True:
        page = store.client.search_model_versions(
            f"name = '{ledger_name(name)}'", max_results=_PAGE, order_by=["version_number ASC"], page_token=token
        )
        found += [
            Line(int(each.version), each.tags.get(TEXT, ""), each.tags.get(SIGNATURES, ""), each.description, each.tags)
            for each in page
        ]
        token = page.token
        if not token:
            return sorted(found, key=lambda line: line.number)


def _write(store: Store, name: str, entry: Entry, signatures: str) -> None:
    """One line, in one request: it is there whole or not at all."""
    source = _source(store, name, entry.version)
    tags = shown_tags(entry) | ({SIGNATURES: signatures} if signatures else {})
    _ensure_model(store, name)
    store.client.create_model_version(ledger_name(name), description=describe_entry(entry), tags=tags, **source)


def shown_tags(entry: Entry) -> dict[str, str]:
    """The tags of an entry's line, but for signatures."""
    tags = {TEXT: entry.text, "action": entry.action, "by": entry.by, "version": str(entry.version)}
    return {name: value for name, value in tags.items() if value}


def describe_entry(entry: Entry) -> str:
    """An entry as a person reads it, on one line of plain text."""
    moved = entry.before != entry.after
    champion = f"champion {_named(entry.before)} → {_named(entry.after)}" if moved else "champion unchanged"
    why = f": {' '.join(entry.reason.split())}" if entry.reason else ""
    return f"{entry.action} v{entry.version}, {champion}, by {entry.by or 'somebody'} ({entry.via}){why}"


def _named(version: int | None) -> str:
    return "none" if version is None else f"v{version}"


def _source(store: Store, name: str, version: int) -> dict[str, Any]:
    """Where a line's files are said to lie: with the run of the version that it is about. The registry asks for some
    place, and a server takes none but one within the run that is named."""
    from mlflow.exceptions import MlflowException

    try:
        about = store.client.get_model_version(name, str(version))
    except MlflowException:  # it was deleted; any other will do
        others = store.client.search_model_versions(f"name = '{name}'", max_results=1)
        others = others or store.client.search_model_versions(f"name = '{ledger_name(name)}'", max_results=1)
        if not others:
            raise
        about = others[0]
    if not about.run_id:
        return {"source": about.source}
    return {"source": store.client.get_run(about.run_id).info.artifact_uri, "run_id": about.run_id}


def _ensure_model(store: Store, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(ledger_name(name), description=_ABOUT.format(name=name))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
