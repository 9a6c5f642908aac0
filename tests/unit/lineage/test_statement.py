"""A statement says what it was made of, has one text, and is refused when a byte of it differs."""

import json
from typing import Any

import pytest

from tasks.digest import sha256_of_text
from tasks.errors import IntegrityError
from tasks.lineage.statement import PREDICATE, TYPE, Facts, make_statement, parse_statement


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "model": {"name": "tiny", "content": "c", "digest": "d", "package": "p"},
        "files": {"b.json": "2" * 64, "a.safetensors": "1" * 64},
        "settings": {"finetune": {"epochs": 2}},
        "stages": [{"name": "ingest", "command": "python -m tasks ingest", "inputs": [], "outputs": [], "rows": {}}],
        "inputs": [{"name": "data/raw.csv", "digest": {"md5": "m"}}],
        "base": {"id": "tests/tiny", "revision": "r", "sha256": "5" * 64},
        "commit": "0" * 40,
        "invocation": {"mlflow_run": "run", "prefect_flow_run": ""},
        "results": {"metrics": {"accuracy": {"value": 0.9, "low": 0.8, "high": 1.0}}, "gate": []},
        "kept": {"params.yaml": "x: 1\n"},
    }
    return Facts(**(values | changes))


def test_what_went_in_comes_out() -> None:
    made = make_statement(facts())
    read = parse_statement(made.text, made.digest)
    assert read.subject == {"a.safetensors": "1" * 64, "b.json": "2" * 64}
    assert read.model["package"] == "p"
    assert read.settings == {"finetune": {"epochs": 2}}
    assert [stage["name"] for stage in read.stages] == ["ingest"]
    assert read.materials["base"]["digest"] == {"sha256": "5" * 64}
    assert read.kept_files == {"params.yaml": sha256_of_text("x: 1\n")}
    assert (read.commit, read.invocation["mlflow_run"]) == ("0" * 40, "run")
    assert read.results["metrics"]["accuracy"]["value"] == 0.9


def test_its_types_are_those_of_in_toto_and_slsa() -> None:
    value = json.loads(make_statement(facts()).text)
    assert (value["_type"], value["predicateType"]) == (TYPE, PREDICATE)
    assert {"buildDefinition", "runDetails"} == set(value["predicate"])
    assert value["predicate"]["runDetails"]["metadata"]["invocationId"] == "run"


def test_the_order_in_which_facts_are_given_is_no_part_of_it() -> None:
    turned = facts(files={"a.safetensors": "1" * 64, "b.json": "2" * 64})
    assert make_statement(turned).digest == make_statement(facts()).digest


CHANGED = {
    "model": {"name": "tiny", "content": "c", "digest": "d", "package": "q"},
    "files": {"b.json": "3" * 64},
    "settings": {"finetune": {"epochs": 3}},
    "stages": [],
    "inputs": [],
    "base": {"id": "tests/tiny", "revision": "r", "sha256": "6" * 64},
    "commit": "",
    "invocation": {"mlflow_run": "other"},
    "results": {"metrics": {}},
    "kept": {"params.yaml": "x: 2\n"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_every_fact_changes_its_digest(name: str) -> None:
    assert {*CHANGED} == {*Facts.__dataclass_fields__}
    assert make_statement(facts(**{name: CHANGED[name]})).digest != make_statement(facts()).digest


def test_another_byte_is_refused_with_both_digests() -> None:
    made = make_statement(facts())
    with pytest.raises(IntegrityError, match=made.digest):
        parse_statement(made.text.replace("tiny", "tinY"), made.digest)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"subject": 3}', '{"_type": "x", "subject": []}', "[" * 9_999]
)
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError, match="broken"):
        parse_statement(text)


def test_a_statement_of_another_kind_is_refused() -> None:
    text = make_statement(facts()).text.replace("provenance/v1", "provenance/v9")
    with pytest.raises(IntegrityError, match="another type"):
        parse_statement(text)


def test_a_key_given_twice_is_refused_though_the_last_one_counts() -> None:
    text = make_statement(facts()).text.replace('{"_type"', '{"_type":"x","_type"', 1)
    with pytest.raises(IntegrityError, match="a key twice"):
        parse_statement(text, sha256_of_text(text))
