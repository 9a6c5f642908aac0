"""An entry of the ledger → the aliases, the page, the run's artifacts; cut off anywhere, it can be done again"""

import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from tasks.errors import ChampionMovedError
from tasks.lineage.chain import Chain, Entry
from tasks.lineage.kept import STATEMENT_TAG
from tasks.lineage.ledger import Ledger, set_anchor
from tasks.promotion.choice import aliases_by_name, find_number
from tasks.promotion.marks import mark, marks_of
from tasks.register.champion import find_version
from tasks.tracking import Store

CHAMPION, CHALLENGER = "champion", "challenger"
_MOVES = frozenset({"promote", "rollback", "restore", "recall"})
_ENDS = frozenset({"promote", "reject", "recall", "delete"})
"""After these a version challenges no more."""


def finish(store: Store, name: str, ledger: Ledger) -> bool:
    """Do what the ledger says was begun and the aliases do not show yet; whether there was anything.

    ledger: one without flaws. The anchor comes last: whoever is cut off before it leaves the rest to the next.
    """
    if ledger.is_applied:
        return False
    for entry in ledger.chain.entries[ledger.anchor.seq :]:
        take_effect(store, name, entry, ledger.chain)
    set_anchor(store, name, ledger.chain.head)
    return True


def take_effect(store: Store, name: str, entry: Entry, chain: Chain) -> None:
    """Aliases, what was to be deleted, pages and artifacts, as the entry says; the champion as the whole ledger says.

    Raises ChampionMovedError if the alias is elsewhere right after it was set.
    """
    aliases = aliases_by_name(store, name)
    is_put_back = entry.action == "refuse" and aliases.get(CHAMPION) == entry.version
    if entry.action in _MOVES or is_put_back or CHAMPION not in aliases:
        set_champion(store, name, chain.champion)
    if entry.action in _ENDS and aliases.get(CHALLENGER) == entry.version:
        store.client.delete_registered_model_alias(name, CHALLENGER)
    if entry.action == "delete" and _is_the_one(find_number(store, name, entry.version), chain):
        store.client.delete_model_version(name, str(entry.version))
    for number, line in marks_of(entry).items():
        mark(store, name, number, line)
    keep(store, name, entry)


def _is_the_one(version: Any, chain: Chain) -> bool:
    """Whether this is the version that was entered under its number: in a registered model that was deleted and made
    again, numbers begin anew."""
    if version is None:
        return False
    entry = chain.registered(int(version.version))
    return entry is None or entry.evidence.get(STATEMENT_TAG) == version.tags.get(STATEMENT_TAG)


def set_champion(store: Store, name: str, number: int | None) -> None:
    """Move the alias, or take it away if there is no champion, and read it back. A version that is gone leaves it."""
    if number is None and find_version(store, name, CHAMPION) is not None:
        store.client.delete_registered_model_alias(name, CHAMPION)
    if number is not None and find_number(store, name, number) is None:
        return
    if number is not None:
        store.client.set_registered_model_alias(name, CHAMPION, str(number))
    found = find_version(store, name, CHAMPION)
    if (found.version if found else None) != number:
        raise ChampionMovedError(
            f"CHAMPION_MOVED: the alias champion of {name} was set to {f'v{number}' if number else 'none'} and is "
            "elsewhere now: somebody else moved it at the same moment. The reconciler, or your next promotion, puts "
            "it right."
        )


def keep(store: Store, name: str, entry: Entry) -> None:
    """The entry as promotion/<seq>.json among the artifacts of the version's run."""
    from mlflow.exceptions import MlflowException

    version = find_number(store, name, entry.version)
    if version is None or not version.run_id or entry.action == "register":
        return
    text = json.dumps(asdict(entry), indent=2, sort_keys=True, ensure_ascii=False)
    with suppress(MlflowException, OSError):  # the ledger has it all; this copy is for whoever reads the run's page
        store.client.log_text(version.run_id, text, f"promotion/{entry.seq}.json")
