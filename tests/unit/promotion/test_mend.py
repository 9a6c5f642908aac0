"""What people and accidents do to a registry, and what becomes of it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tasks.errors import ChampionMovedError, DataError, IntegrityError
from tasks.lineage.ledger import ANCHOR, ledger_name
from tasks.promotion.delete import delete
from tasks.promotion.disagreements import Calm, Finish, Replace, RestoreAlias, Warn, next_action
from tasks.promotion.mend import WARNING, mend, read_state
from tasks.promotion.reject import reject
from tasks.promotion.settled import settled_ledger
from tasks.register.stage import run as register


def find(desk):
    return next_action(read_state(desk.store, desk.paths, "tiny"))


def put_right(desk, kind: type) -> str:
    """The next action, which must be of this kind, done."""
    action = find(desk)
    assert isinstance(action, kind)
    return mend(desk.store, desk.paths, "tiny", action)


def test_a_removed_alias_is_set_again(desk) -> None:
    assert find(desk) is None
    desk.store.client.delete_registered_model_alias("tiny", "champion")
    put_right(desk, RestoreAlias)
    assert desk.aliases["champion"] == 1
    assert find(desk) is None


def test_a_deleted_champion_is_replaced_by_the_one_before(desk) -> None:
    desk.promote(2)
    desk.store.client.delete_model_version("tiny", "2")
    assert "champion" not in desk.aliases
    assert put_right(desk, Replace) == "the champion v2 of tiny was deleted: v1 is the champion again"
    entry = desk.ledger.chain.entries[-1]
    assert (entry.action, entry.before, entry.after, entry.via) == ("restore", 2, 1, "reconciler")
    assert desk.aliases["champion"] == 1
    assert desk.version(1).tags["promotion"].startswith("CHAMPION: kept v1 by finetrace reconcile")
    assert find(desk) is None


def test_a_deleted_champion_without_a_sound_one_before_is_told(desk, flip: Callable[[Path], None]) -> None:
    desk.promote(2)
    flip(desk.folder(1) / "MLmodel")
    desk.store.client.delete_model_version("tiny", "2")
    with pytest.raises(DataError, match="the champion v2 of tiny was deleted, and tiny has no earlier champion"):
        put_right(desk, Replace)


def test_a_lost_anchor_is_set_again(desk) -> None:
    desk.store.client.delete_registered_model_tag("tiny", ANCHOR)
    put_right(desk, Finish)
    assert find(desk) is None


def test_a_changed_ledger_is_told_on_the_page_until_it_is_mended(desk) -> None:
    client, line = desk.store.client, ledger_name("tiny")
    text = client.get_model_version(line, "2").tags["finetrace.entry"]
    client.set_model_version_tag(line, "2", "finetrace.entry", text.replace('"by":"', '"by":"x'))
    desk.set_alias(2)
    put_right(desk, Warn)
    assert client.get_registered_model("tiny").tags[WARNING].startswith("line 2: ")
    assert desk.aliases["champion"] == 2  # nothing is moved by a ledger that cannot be trusted
    assert find(desk) is None
    client.set_model_version_tag(line, "2", "finetrace.entry", text)
    desk.set_alias(1)
    put_right(desk, Calm)
    assert WARNING not in client.get_registered_model("tiny").tags


def test_a_deleted_version_never_gives_its_number_to_another(desk) -> None:
    client = desk.store.client
    client.delete_registered_model_alias("tiny", "challenger")
    client.delete_model_version("tiny", "2")
    assert int(client.create_model_version("tiny", desk.version(1).source).version) == 3


def test_a_registered_model_that_was_deleted_is_told_once_and_not_begun_anew(desk, two_versions) -> None:
    desk.store.client.delete_registered_model("tiny")
    assert "tiny itself was deleted" in put_right(desk, Warn)
    assert find(desk) is None
    made = two_versions
    with pytest.raises(IntegrityError, match="tiny itself was deleted"):
        register(desk.paths, register=made.register, base=made.base, settings=made.settings)


def test_another_version_under_the_number_of_a_deleted_one_is_not_deleted(desk) -> None:
    client, source = desk.store.client, desk.version(1).source
    client.delete_registered_model_alias("tiny", "challenger")
    delete(desk.store, desk.paths, "tiny", 2, by="ann", via="cli", reason="")
    client.delete_registered_model("tiny")
    client.create_registered_model("tiny")
    for _ in range(2):
        client.create_model_version("tiny", source)
    with suppress(ChampionMovedError):
        settled_ledger(desk.store, desk.paths, "tiny")
    assert desk.version(2).version in ("2", 2)


def test_the_same_training_once_more_does_not_bring_a_rejected_version_back(
    desk, two_versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "tasks.report.run_report.render_run_report"  # has tests of its own
    monkeypatch.setattr(page, lambda paths, verdict: "<!DOCTYPE html>")
    reject(desk.store, desk.paths, "tiny", 2, by="ann", via="cli", reason="too slow")
    made = two_versions
    verdict = register(desk.paths, register=made.register, base=made.base, settings=made.settings)
    assert verdict["version"] == 2
    assert desk.aliases == {"champion": 1}
