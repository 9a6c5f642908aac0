"""Whatever is tampered with, the edge that should tell of it does, and names the place."""

from random import Random

import pytest

from tasks.audit.edges import EDGES
from tasks.errors import IntegrityError
from tasks.lineage.ledger import read_ledger
from tasks.promotion.verified import verify_version
from tests.audited import NAME, Audited
from tests.torture.fuzz import KINDS, is_caught, look
from tests.torture.mutations import VERSION, Kind, changed, lineage_of, put_back


def test_clean_versions_are_found_clean(audited: Audited) -> None:
    for version in (1, 2):
        assert look(audited, version).worst == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_tampering_is_caught_and_its_place_named(audited: Audited, kind: Kind) -> None:
    with kind.do(audited, Random(5)) as place:  # noqa: S311 - not a secret
        report = look(audited)
    assert is_caught(report, kind, place), (place, report.worst)
    assert not is_caught(look(audited), kind, ""), "it was not put back"


def test_there_is_a_way_to_tamper_with_what_every_edge_that_reads_bytes_looks_at() -> None:
    pure = {"stages", "code", "flow"}  # tests of their own in test_edges.py
    assert {kind.edge for kind in KINDS} == {edge.name for edge in EDGES} - pure


def test_a_version_that_names_no_run_is_told(audited: Audited) -> None:
    sql = "UPDATE model_versions SET run_id = NULL WHERE name = ? AND version = ?"
    with changed(audited, "model_versions", sql, NAME, VERSION):
        assert any("names no run" in each for each in look(audited).worst)


def test_a_signature_that_was_taken_away_is_missed_by_the_gates_too(audited: Audited) -> None:
    ledger = read_ledger(audited.store, audited.paths, NAME)
    found = audited.store.client.get_model_version(NAME, str(VERSION))
    verify_version(audited.store, audited.paths, found, ledger.chain)
    file = lineage_of(audited) / "signature.json"
    with put_back(file):
        file.unlink()
        with pytest.raises(IntegrityError, match="its signature is gone"):
            verify_version(audited.store, audited.paths, found, ledger.chain)


def test_a_broken_note_of_what_was_seen_is_told_in_one_line(audited: Audited) -> None:
    file = next((audited.paths.state / "ledger").glob("*.json"))
    with put_back(file):
        file.write_text("[]")
        with pytest.raises(IntegrityError, match="is broken: it should name the ledger's end"):
            read_ledger(audited.store, audited.paths, NAME)
