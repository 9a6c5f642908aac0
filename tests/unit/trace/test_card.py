from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml

from tasks.errors import DataError, IntegrityError
from tasks.trace.card.evidence import Evidence, read_evidence
from tasks.trace.card.kept import keep_card_of, read_kept_card
from tasks.trace.card.make import compare_cards, make_card
from tasks.trace.card.markdown import code
from tasks.trace.versions import read_version
from tests.unit.trace.rows import NAME


def evidence_of(traced: Any) -> Evidence:
    return read_evidence(traced.store, traced.paths, read_version(traced.store, NAME, "1"))


@pytest.fixture
def evidence(traced: Any) -> Evidence:
    traced.register()
    return evidence_of(traced)


def test_numbers_stand_beside_where_they_come_from(evidence: Evidence) -> None:
    text = make_card(evidence)
    for line in (
        "| `accuracy` | 0.61811 | 0.55 to 0.68 | `statement: results.metrics.accuracy` |",
        "| train | 3 | `split.json: rows.train` |",
        "| `short` | 2 | 0.5 | -0.25 | – | `evaluate.json: slices.short` |",
        "| `majority` | 0.375 | 0.5 | 0.1 to 0.9 | `evaluate.json: baselines.majority` |",
        "| `label_missing` | 1 | `validate.json: reasons.label_missing` |",
        "| `temperature` | 1.51 | `finetune.json: temperature` |",
        f"| `statement` | sha256 `{evidence.statement.digest}` |",
    ):
        assert line in text.splitlines()
    assert evidence.entry is not None and evidence.entry.digest in text


def test_metadata_are_what_the_hub_reads(evidence: Evidence) -> None:
    metadata = yaml.safe_load(make_card(evidence).split("---\n")[1])
    assert metadata["base_model"] == "tests/tiny"
    assert metadata["model-index"][0]["results"][0]["metrics"][0]["value"] == 0.61811
    assert not {"language", "license"} & metadata.keys()


def test_the_same_evidence_gives_the_same_bytes(evidence: Evidence, traced: Any) -> None:
    assert make_card(evidence) == make_card(evidence_of(traced))


def test_what_people_wrote_into_the_data_breaks_no_table_and_no_page(evidence: Evidence) -> None:
    assert code("a|b`c<b>\nd") == "`a\\|b'c<b> d`"
    rows = [line for line in make_card(evidence).splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in (3, 4, 5, 6, 7) for line in rows)


@pytest.mark.parametrize("number", ["0.61811", "0.375", "-0.25", "1.51", "| train | 3 |"])
def test_one_changed_digit_is_found_with_its_line(evidence: Evidence, number: str) -> None:
    right = make_card(evidence)
    digit = "9" if number[-1] != "9" else "8"
    wrong = number[:-1] + digit if number[-1] != "|" else number.replace("3", "4")
    found = compare_cards(right.replace(number, wrong), right)
    assert found and all(wrong.strip("| ").split()[-1] in each.says for each in found)
    lines = right.splitlines()
    assert all(lines[each.line - 1] == each.should for each in found)


def test_added_and_missing_lines_disagree_too(evidence: Evidence) -> None:
    right = make_card(evidence)
    lines = right.splitlines()
    assert [each.says for each in compare_cards(right + "\nand it is safe\n", right)] == ["", "and it is safe"]
    assert compare_cards("\n".join(lines[:-3]), right)
    assert compare_cards(right, right) == []


def test_a_report_that_is_lost_is_named_and_its_numbers_are_not_made_up(traced: Any) -> None:
    traced.register()
    traced.forget(traced.paths.report("evaluate"))
    found = evidence_of(traced)
    assert found.lost == ["evaluate"]
    text = make_card(found)
    assert "majority" not in text and "(not reachable)" in text


def test_a_report_with_other_bytes_is_no_evidence(traced: Any) -> None:
    traced.register()
    (traced.paths.report("evaluate")).write_text("{}")
    assert make_card(evidence_of(traced)).count("majority")  # from the cache, by its digest


def test_a_tampered_ledger_gives_no_card(traced: Any, evidence: Evidence) -> None:
    traced.store.client.set_model_version_tag(f"{NAME}.ledger", "1", "finetrace.entry", "{}")
    with pytest.raises(IntegrityError):
        evidence_of(traced)


def test_a_version_registered_just_now_keeps_its_card_and_one_known_before_does_not(traced: Any) -> None:
    number = traced.register()
    keep_card_of(traced.paths, {"name": NAME, "version": number, "created": False})
    version = read_version(traced.store, NAME, "1")
    with pytest.raises(DataError, match="card 1 --keep"):
        read_kept_card(traced.store, version)
    keep_card_of(traced.paths, {"name": NAME, "version": number, "created": True})
    assert read_kept_card(traced.store, version) == make_card(evidence_of(traced))


def test_a_card_adds_nothing_to_what_the_statement_seals(traced: Any) -> None:
    number = traced.register()
    folder = read_version(traced.store, NAME, "1").folder
    assert folder is not None
    before = sorted(each.name for each in folder.iterdir())
    keep_card_of(traced.paths, {"name": NAME, "version": number, "created": True})
    assert sorted(each.name for each in folder.iterdir()) == before


def test_a_card_that_cannot_be_made_stops_no_registration(traced: Any, caplog: pytest.LogCaptureFixture) -> None:
    number = traced.register()
    traced.store.client.delete_model_version_tag(NAME, "1", "finetrace.statement")
    keep_card_of(traced.paths, {"name": NAME, "version": number, "created": True})
    assert "no model card was kept" in caplog.text


def test_command_keeps_checks_and_refuses_a_card_that_was_touched(
    traced: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    traced.register()
    assert finetrace("card", "1", "--check") == 4
    assert finetrace("card", "1", "--keep", "--out", "CARD.md") == 0
    assert finetrace("card", "--check") == 0
    capsys.readouterr()
    file = traced.paths.root / "CARD.md"
    lines = file.read_text().splitlines()
    at = next(number for number, line in enumerate(lines, 1) if "statement: results.metrics.accuracy" in line)
    lines[at - 1] = lines[at - 1].replace("0.61811", "0.91811")
    file.write_text("\n".join(lines) + "\n")
    assert finetrace("card", "1", "--check", "--file", "CARD.md") == 5
    assert f"in line {at}." in capsys.readouterr().err


def test_pairs_are_loaded_as_pairs(evidence: Evidence) -> None:
    reports = {**evidence.reports, "finetune": {**evidence.reports["finetune"], "problem": "pairs"}}
    assert '"pair"' in make_card(replace(evidence, reports=reports))
