"""The champion that was before → the champion again

Bytes and loading are asked again, scores are not: a rollback is made because the present champion does harm, the one
before held every gate when it was promoted, and the rows that it was measured on may be gone.
"""

from dataclasses import dataclass

from tasks.errors import DataError, FinetraceError, GateError, IntegrityError
from tasks.lineage.chain import Chain
from tasks.paths import Paths
from tasks.promotion.champions import earlier_champions, recall_of, was_champion
from tasks.promotion.choice import find_number
from tasks.promotion.clean_process import Answers, ask_all
from tasks.promotion.decided import Decided
from tasks.promotion.effect import CHAMPION
from tasks.promotion.enter import enter
from tasks.promotion.facts import MODEL, examples
from tasks.promotion.settled import check_expected, deciding, settled_ledger
from tasks.promotion.verified import Verified, verify_version
from tasks.tracking import Store


@dataclass(frozen=True)
class Fit:
    """The version to go back to, and those that were passed over, each with the reason."""

    verified: Verified
    skipped: dict[int, str]


def roll_back(
    store: Store, paths: Paths, name: str, *, to: int | None, by: str, via: str, reason: str, expect: int | None = None
) -> Decided:
    """Make the last earlier champion that is sound the champion again; or `to`, if it ever was one.

    Raises DataError if there is none, GateError if `to` was recalled, IntegrityError if it is not sound,
    ChampionMovedError.
    """
    with deciding(paths):
        begun = settled_ledger(store, paths, name).chain
        check_expected(begun, expect, name)
        if to is not None and to == begun.champion:
            return Decided("unchanged", f"v{to} is the {CHAMPION} of {name} already.", to)
        fit = find_fit(store, paths, name, begun, _candidates(begun, to, name), only_one=to is not None)
        number = fit.verified.number
        entry, after = enter(
            store,
            paths,
            name,
            begun=begun,
            now=begun,
            action="rollback",
            version=number,
            becomes=number,
            by=by,
            via=via,
            reason=reason,
            evidence=fit.verified.evidence | {"skipped": {str(key): why for key, why in fit.skipped.items()}},
        )
    passed_over = "".join(f" v{skipped} was passed over: {why}" for skipped, why in fit.skipped.items())
    line = f"v{number} is the champion of {name} again, v{entry.before} was it (entry {entry.seq}).{passed_over}"
    return Decided("promoted", line, after.champion, entry)


def find_fit(
    store: Store, paths: Paths, name: str, chain: Chain, candidates: list[int], *, only_one: bool = False
) -> Fit:
    """The first of the candidates whose bytes are those registered and which answers in a clean process.

    Raises DataError if none is; with `only_one`, what is wrong with the first.
    """
    skipped: dict[int, str] = {}
    for number in candidates:
        try:
            return Fit(_sound(store, paths, name, chain, number), skipped)
        except FinetraceError as error:
            if only_one:
                raise
            skipped[number] = str(error)
    told = "; ".join(f"v{number}: {why}" for number, why in skipped.items())
    raise DataError(f"{name} has no earlier champion to go back to{f' ({told})' if told else ''}. Promote a version.")


def _candidates(chain: Chain, to: int | None, name: str) -> list[int]:
    if to is None:
        return earlier_champions(chain.entries)
    if not was_champion(chain.entries, to):
        raise DataError(f"v{to} of {name} never was the champion. Promote it: finetrace promote {to} --reason …")
    recalled = recall_of(chain.entries, to)
    if recalled is not None:
        raise GateError(
            f"v{to} of {name} was recalled (entry {recalled.seq}: {recalled.reason}). Choose another version."
        )
    return [to]


def _sound(store: Store, paths: Paths, name: str, chain: Chain, number: int) -> Verified:
    version = find_number(store, name, number)
    if version is None:
        raise DataError(f"v{number} of {name} was deleted.")
    verified = verify_version(store, paths, version, chain)
    told = ask_all({MODEL: verified.folder}, examples(verified.folder))[MODEL]
    if not isinstance(told, Answers):
        raise IntegrityError(f"v{number} of {name}: {told}")
    return verified
