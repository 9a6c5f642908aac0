"""What people and accidents do to a registry, and what becomes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.errors import DataError
from tasks.lineage.ledger import ANCHOR, ledger_name
from tasks.promotion.disagreements import Calm, Finish, Replace, RestoreAlias, Warn, next_action
from tasks.promotion.mend import WARNING, mend, read_state


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
