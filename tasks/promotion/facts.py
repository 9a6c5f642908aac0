"""What is found out about a version that asks to become the champion"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import GateError
from tasks.evaluate.settings import EvaluateSettings
from tasks.lineage.chain import Chain, Entry
from tasks.lineage.named import look_up
from tasks.model.about import read_about
from tasks.paths import Paths
from tasks.promotion.champions import recall_of
from tasks.promotion.choice import find_number
from tasks.promotion.clean_process import Answers, ask_all
from tasks.promotion.rescored import rescore
from tasks.promotion.test_rows import TestRows, find_test_rows
from tasks.promotion.verified import Verified, verify_version
from tasks.register.evidence import Evidence
from tasks.register.gate import needs_champion
from tasks.register.settings import RegisterSettings
from tasks.texts import Text
from tasks.tracking import Store

MODEL = "the model"


@dataclass(frozen=True)
class Facts:
    """What the rules look at. What could not be found out is None."""

    verified: Verified
    recalled: Entry | None
    """The entry by which it was recalled."""
    answers: Answers | GateError
    rows: TestRows | None
    evidence: Evidence | None


def gather_facts(
    store: Store, paths: Paths, chain: Chain, number: int, *, register: RegisterSettings, evaluate: EvaluateSettings
) -> Facts:
    """Check every byte, then ask the version, and the champion by the ledger, in clean processes.

    Raises SettingsError if there is no such version, IntegrityError if the files of either are not those that were
    registered, GateError if the champion cannot be asked the same questions.
    """
    version = look_up(store, register.name, number)
    verified = verify_version(store, paths, version, chain)
    champion = _champion(store, paths, chain, number, register)
    recalled = recall_of(chain.entries, number)
    target = read_about(verified.folder / "artifacts" / "model").target
    rows = find_test_rows(paths, verified.statement, target, evaluate)
    if rows is None:
        return Facts(verified, recalled, GateError("it was not asked: there are no rows to ask it about"), None, None)
    folders = {MODEL: verified.folder}
    if champion is not None:
        folders[f"the champion v{champion.number}"] = champion.folder
    told = ask_all(folders, rows.all_texts, timed={MODEL})
    answers = told.pop(MODEL)
    others = [_must_answer(each) for each in told.values()]
    if isinstance(answers, GateError):
        return Facts(verified, recalled, answers, rows, None)
    return Facts(verified, recalled, answers, rows, rescore(rows, answers, others[0] if others else None))


def examples(folder: Path) -> Sequence[Text]:
    """A few texts, or pairs, for a model that only has to show that it answers."""
    words = ["where is my order?", "thank you", "it does not work"]
    columns = read_about(folder / "artifacts" / "model").input.columns
    return words if len(columns) == 1 else [(each, "please help") for each in words]


def _champion(store: Store, paths: Paths, chain: Chain, number: int, register: RegisterSettings) -> Verified | None:
    """The champion that the version has to stand up to, if a rule asks for it and it still exists."""
    if chain.champion in (None, number) or not needs_champion(register):
        return None
    version = find_number(store, register.name, int(chain.champion or 0))
    return None if version is None else verify_version(store, paths, version, chain)


def _must_answer(told: Answers | GateError) -> Answers:
    if isinstance(told, GateError):
        raise GateError(f"{told} So the two cannot be compared; give this model a name of its own, or roll back.")
    return told
