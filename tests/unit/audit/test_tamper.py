"""Whatever is tampered with, the edge that should tell of it does, and names the place."""

from random import Random

import pytest

from tasks.audit.edges import EDGES
from tests.audited import Audited
from tests.torture.fuzz import KINDS, is_caught, look
from tests.torture.mutations import Kind


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
