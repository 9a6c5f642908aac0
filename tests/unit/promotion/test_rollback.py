"""Back to the champion before; and versions rejected and deleted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.errors import ChampionMovedError, DataError, GateError, IntegrityError
from tasks.lineage.ledger import append
from tasks.promotion.delete import delete
from tasks.promotion.facts import MODEL
from tasks.promotion.history import history_rows
from tasks.promotion.reject import reject
from tasks.promotion.rollback import roll_back
from tasks.promotion.settled import settled_ledger

SAID = {"by": "ann", "via": "cli", "reason": "wrong labels"}


def go_back(desk, to: int | None = None, expect: int | None = None):
    return roll_back(desk.store, desk.paths, "tiny", to=to, expect=expect, **SAID)


def test_the_champion_before_is_the_champion_again(desk) -> None:
    desk.promote(2)
    decided = go_back(desk)
    assert decided.line == "v1 is the champion of tiny again, v2 was it (entry 4)."
    assert desk.aliases["champion"] == 1
    assert desk.version(2).tags["promotion"].startswith("FORMER CHAMPION: v1 took its place")
    with pytest.raises(DataError, match=r"tiny has no earlier champion to go back to\. Promote a version"):
        go_back(desk)


def test_it_needs_no_test_rows(desk) -> None:
    desk.promote(2)
    desk.paths.test.unlink()
    assert go_back(desk).what == "promoted"


def test_one_with_a_flipped_bit_is_passed_over_or_refused_by_name(desk, flip: Callable[[Path], None]) -> None:
    desk.promote(2)
    flip(desk.folder(1) / "artifacts" / "model" / "weights.safetensors")
    with pytest.raises(DataError, match=r"no earlier champion to go back to \(v1: .*weights.safetensors"):
        go_back(desk)
    with pytest.raises(IntegrityError, match=r"weights.safetensors"):
        go_back(desk, to=1)
    assert desk.aliases["champion"] == 2


def test_one_that_does_not_answer_is_no_champion(desk, quick_answers) -> None:
    desk.promote(2)
    quick_answers[MODEL] = GateError("it does not load")
    with pytest.raises(IntegrityError, match="v1 of tiny: it does not load"):
        go_back(desk, to=1)


def test_only_what_was_champion_is_gone_back_to(desk) -> None:
    with pytest.raises(DataError, match=r"v2 of tiny never was the champion\. Promote it"):
        go_back(desk, to=2)
    assert go_back(desk, to=1).what == "unchanged"
    with pytest.raises(ChampionMovedError):
        go_back(desk, expect=2)


def test_a_rejected_version_challenges_no_more(desk) -> None:
    assert reject(desk.store, desk.paths, "tiny", 2, **SAID).line == "v2 of tiny is rejected (entry 3)."
    assert desk.aliases == {"champion": 1}
    assert desk.version(2).tags["promotion"].startswith("REJECTED: wrong labels")
    assert reject(desk.store, desk.paths, "tiny", 2, **SAID).what == "unchanged"
    with pytest.raises(GateError, match="v1 is the champion of tiny"):
        reject(desk.store, desk.paths, "tiny", 1, **SAID)


def test_a_version_with_an_alias_is_not_deleted(desk) -> None:
    for number, alias in ((1, "champion"), (2, "challenger")):
        with pytest.raises(GateError, match=f"v{number} of tiny holds the alias {alias}"):
            delete(desk.store, desk.paths, "tiny", number, **SAID)
    desk.store.client.delete_registered_model_alias("tiny", "champion")
    with pytest.raises(GateError, match="v1 of tiny holds the alias champion"):  # by the ledger
        delete(desk.store, desk.paths, "tiny", 1, **SAID)
    assert len(desk.ledger.chain.entries) == 2


def test_a_version_without_one_is_deleted_and_the_ledger_says_why(desk) -> None:
    desk.promote(2)
    delete(desk.store, desk.paths, "tiny", 1, **SAID)
    assert [int(each.version) for each in desk.store.client.search_model_versions("name = 'tiny'")] == [2]
    row = history_rows(desk.ledger.chain, limit=1)[0]
    assert (row["action"], row["version"], row["reason"], row["counts"]) == ("delete", 1, "wrong labels", True)


def test_a_deletion_cut_off_is_finished_by_the_next(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.promote(2)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tasks.promotion.enter.finish", cut)
        with pytest.raises(KeyboardInterrupt):
            delete(desk.store, desk.paths, "tiny", 1, **SAID)
    assert len(desk.store.client.search_model_versions("name = 'tiny'")) == 2
    with pytest.raises(DataError, match="no earlier champion"):
        go_back(desk)
    assert len(desk.store.client.search_model_versions("name = 'tiny'")) == 1


def test_a_recalled_version_never_comes_back(desk) -> None:
    desk.promote(2)
    told = {"before": 2, "after": 2, "by": "eve", "via": "cli", "reason": "row 7 must not be used"}
    append(desk.store, desk.paths, "tiny", expected=desk.ledger.chain.head, action="recall", version=1, **told)
    with pytest.raises(DataError, match="no earlier champion"):
        go_back(desk)
    with pytest.raises(GateError, match=r"v1 of tiny was recalled \(entry 4: row 7 must not be used\)"):
        go_back(desk, to=1)
    assert "recalled: it was recalled (entry 4): row 7 must not be used" in desk.judge(1).why_not
    assert desk.version(1).tags["promotion"].startswith("RECALLED: row 7")


def test_a_recall_of_the_only_champion_that_was_cut_off_leaves_no_alias(desk) -> None:
    told = {"before": 1, "after": None, "by": "eve", "via": "cli", "reason": "row 7"}
    append(desk.store, desk.paths, "tiny", expected=desk.ledger.chain.head, action="recall", version=1, **told)
    settled_ledger(desk.store, desk.paths, "tiny")
    assert desk.aliases == {"challenger": 2}
    assert desk.promote(2).what == "promoted"
    assert desk.aliases == {"champion": 2}
