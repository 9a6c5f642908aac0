"""What each question answers, from witnesses alone: no disk, no registry."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tasks.audit.edges import EDGES
from tasks.audit.edges.base import EDGE as BASE
from tasks.audit.edges.base import FOLDER
from tasks.audit.edges.code import EDGE as CODE
from tasks.audit.edges.edge import Edge
from tasks.audit.edges.flow_run import EDGE as FLOW
from tasks.audit.edges.ledger import EDGE as LEDGER
from tasks.audit.edges.lock import EDGE as STAGES
from tasks.audit.edges.statement import EDGE as STATEMENT
from tasks.audit.finding import Finding, is_clean
from tasks.audit.gather import Asked, gather
from tasks.audit.verify import judge
from tasks.audit.witnesses import Code, FlowRun, Made, Package, Unreached, Witnesses
from tasks.lineage.chain import EMPTY, read_chain
from tasks.lineage.ledger import Ledger
from tasks.lineage.statement import Statement
from tasks.model.weights import INDEX, weights_digest
from tasks.promotion.marks import ASKED
from tests.audited import NAME, Audited, cleared_environment

MISSING = Unreached("it is far away")


@pytest.fixture(scope="module")
def seen(signed: Audited) -> Witnesses:
    """What all witnesses of the champion say."""
    with cleared_environment():
        return gather(signed.store, signed.paths, NAME, 2, Asked())


def broken(findings: list[Finding]) -> list[str]:
    return [f"{each.what}: {each.why}" for each in findings if each.mark == "broken"]


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)
def test_edge_holds_when_all_agree(edge: Edge, seen: Witnesses) -> None:
    assert {each.mark for each in edge.check(seen)} == {"holds"}


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)
def test_witness_out_of_reach_is_no_alarm(edge: Edge, seen: Witnesses) -> None:
    """As from another machine: no workspace, no cache, no git, no Prefect, no server that hands files out."""
    names = ("package", "run", "cache", "remote", "disk", "base", "code", "flow_run")
    assert is_clean(edge.check(replace(seen, **dict.fromkeys(names, MISSING))))


def test_report_without_a_statement_that_was_entered_is_an_alarm(seen: Witnesses) -> None:
    report = judge(replace(seen, made=Unreached("the version names no statement"), lock={}))
    assert any("the ledger says that there is one" in each for each in report.worst)


def test_what_should_be_here_and_is_not_is_an_alarm(seen: Witnesses) -> None:
    gone = replace(seen, package=Unreached("its folder is gone", is_broken=True))
    assert broken(EDGES[0].check(gone)) == ["the registered model's files: its folder is gone"]


def edited_lock(seen: Witnesses, change: Callable[[dict[str, Any]], None]) -> Witnesses:
    lock = copy.deepcopy(dict(seen.lock))
    change(lock["stages"])
    return replace(seen, lock=lock)


def test_stage_that_the_statement_tells_otherwise_is_named(seen: Witnesses) -> None:
    def change(stages: dict[str, Any]) -> None:
        stages["split"]["outs"][0]["md5"] = "0" * 32

    told = broken(STAGES.check(edited_lock(seen, change)))
    assert any(each.startswith("split: data/split/val.parquet") for each in told)
    assert any(each.startswith("finetune: data/split/val.parquet") for each in told)  # it read another


def test_settings_that_dvc_did_not_run_with_are_named(seen: Witnesses) -> None:
    told = broken(STAGES.check(replace(seen, params={**seen.params, "finetune": {"epochs": 9}})))
    assert told == ["finetune: settings: section finetune is another in params.yaml than in dvc.lock"]


def test_registered_model_that_training_did_not_write_is_told(seen: Witnesses) -> None:
    assert isinstance(seen.made, Made)
    value = copy.deepcopy(seen.made.statement.value)
    next(each for each in value["subject"] if each["name"].endswith("weights.safetensors"))["digest"]["sha256"] = (
        "0" * 64
    )
    made = replace(seen.made, statement=replace(seen.made.statement, value=value))
    told = broken(STAGES.check(replace(seen, made=made)))
    assert [each.split(":")[0] for each in told] == ["the model", "data/model"]


def test_code_that_did_not_run_is_named_with_its_stage(seen: Witnesses) -> None:
    assert isinstance(seen.code, Code)
    other = replace(seen.code, found={**seen.code.found, "tasks/ingest": "0" * 32 + ".dir"})
    assert [each.split(":")[0] for each in broken(CODE.check(replace(seen, code=other)))] == ["tasks/ingest (ingest)"]
    for known in (replace(other, is_masked=True), replace(other, left_out=["tasks/ingest/big.csv"])):
        assert is_clean(CODE.check(replace(seen, code=known)))


def test_kept_file_that_git_has_otherwise_is_named(seen: Witnesses) -> None:
    assert isinstance(seen.code, Code)
    other = replace(seen.code, texts={**seen.code.texts, "params.yaml": "epochs: 9\n"})
    assert broken(CODE.check(replace(seen, code=other))) == ["params.yaml: the kept file is not the one in git"]


def test_flow_run_of_another_flow_or_without_its_end_is_told(seen: Witnesses) -> None:
    assert isinstance(seen.flow_run, FlowRun)
    other = replace(seen.flow_run, flow="evil")
    assert "it ran evil" in broken(FLOW.check(replace(seen, flow_run=other)))[0]
    without = replace(seen.flow_run, events=frozenset({"Running"}))
    assert "no event tells of that" in broken(FLOW.check(replace(seen, flow_run=without)))[0]
    running = replace(seen.flow_run, state="RUNNING")
    assert is_clean(FLOW.check(replace(seen, flow_run=running)))


def test_version_that_the_ledger_should_tell_of_is_an_alarm_and_an_older_one_is_none(seen: Witnesses) -> None:
    def without(number: int) -> Witnesses:
        entries = tuple(each for each in seen.ledger.chain.entries if each.version != number)
        return replace(seen, ledger=replace(seen.ledger, chain=replace(seen.ledger.chain, entries=entries)))

    assert any("no line of the ledger tells" in each for each in broken(LEDGER.check(without(2))))
    gone = replace(seen, ledger=Ledger(read_chain([], NAME), EMPTY))  # with its anchor, seen from a new clone
    assert any("no line of the ledger tells" in each for each in broken(LEDGER.check(gone)))
    untold = {name: value for name, value in seen.registered.tags.items() if name != "finetrace.statement"}
    older = replace(without(1), registered=replace(seen.registered, version=1, tags=untold))
    assert not any("no line of the ledger tells" in each for each in broken(LEDGER.check(older)))


def test_compiled_code_beside_the_model_is_told_and_is_no_alarm(seen: Witnesses) -> None:
    """Python leaves it there when the model is loaded in place."""
    assert isinstance(seen.package, Package)
    compiled = replace(seen.package, compiled=["code/tasks/__pycache__/digest.pyc"])
    found = EDGES[0].check(replace(seen, package=compiled))
    assert is_clean(found)
    assert [each.what for each in found if each.mark == "unreached"] == ["1 files of compiled code"]


def test_ledger_ahead_of_the_aliases_is_no_alarm(seen: Witnesses) -> None:
    """Somebody died between the line and the alias."""
    line = seen.ledger.chain.entries[1]
    behind = replace(seen.ledger, anchor=replace(EMPTY, seq=line.seq, digest=line.digest))
    found = LEDGER.check(replace(seen, ledger=behind, registered=replace(seen.registered, champion=1)))
    assert is_clean(found)
    assert [each.what for each in found if each.mark == "unreached"] == ["the alias champion"]
    moved = LEDGER.check(replace(seen, ledger=behind))
    assert [each.what for each in moved if each.mark != "holds"] == ["the anchor"]


def test_missing_signature_is_an_alarm_only_if_asked_for_or_removed(seen: Witnesses) -> None:
    assert isinstance(seen.made, Made)
    plain = replace(seen, made=replace(seen.made, signatures=""))
    assert "it is gone" in broken(STATEMENT.check(plain))[0]  # the ledger's line is signed
    lines = tuple(replace(each, signatures="") for each in seen.ledger.chain.lines)
    unsigned = replace(plain, ledger=replace(seen.ledger, lines=lines, chain=replace(seen.ledger.chain, lines=lines)))
    assert is_clean(STATEMENT.check(unsigned))
    strict = replace(unsigned, require_signature=True)
    assert broken(STATEMENT.check(strict)) == ["the signature of the statement: it is not signed"]
    assert len(broken(LEDGER.check(strict))) == len(lines)


def test_signature_of_a_stranger_is_an_alarm_where_keys_are_trusted(seen: Witnesses) -> None:
    strange = replace(seen, trusted={"0" * 64: object()})
    assert "whose key is not in infra/keys" in broken(STATEMENT.check(strange))[0]
    assert is_clean(STATEMENT.check(replace(seen, trusted={})))


def test_lines_older_than_the_first_signed_one_are_no_alarm(seen: Witnesses) -> None:
    """Who makes a key later can have a clean audit all the same."""
    assert isinstance(seen.made, Made)
    registered = seen.ledger.chain.registered(seen.registered.version)

    def signed_but(*numbers: int) -> Witnesses:
        lines = tuple(replace(each, signatures="") if each.number in numbers else each for each in seen.ledger.lines)
        chain = replace(seen.ledger.chain, lines=lines)
        made = replace(seen.made, signatures="")
        return replace(seen, made=made, ledger=replace(seen.ledger, lines=lines, chain=chain), require_signature=True)

    last = len(seen.ledger.lines)
    assert registered is not None
    assert registered.seq < last
    older = signed_but(*range(1, last))
    assert broken(LEDGER.check(older)) == []
    assert any("keys were set up: line 3 was the first signed one" in each.why for each in LEDGER.check(older))
    assert broken(STATEMENT.check(older)) == []
    newest = signed_but(last)  # somebody took them away, or wrote without a key
    assert broken(LEDGER.check(newest)) == [f"the signature of line {last}: it is not signed"]
    stripped = signed_but(*range(1, last + 1))
    assert len(broken(LEDGER.check(stripped))) == last
    assert broken(STATEMENT.check(stripped)) == ["the signature of the statement: it is not signed"]


def test_alias_set_by_hand_is_no_alarm_while_it_is_answered(seen: Witnesses) -> None:
    def said(words: str) -> list[tuple[str, str]]:
        by_hand = replace(seen, registered=replace(seen.registered, champion=1, champion_says=words))
        return [(each.mark, each.why) for each in LEDGER.check(by_hand) if each.what == "the alias champion"]

    for word in ASKED:
        assert said(f"{word} since 2026-01-02 03:04 UTC: by ann") == [
            ("unreached", "it is on v1: requested by hand, not answered yet; the ledger says v2")
        ]
    for other in ("", "FORMER CHAMPION: v2 took its place", "I was BEING ASKED"):
        assert said(other) == [("broken", "it is on v1, the ledger says v2: set by hand")]


def test_base_in_several_files_is_compared_by_the_digest_of_them_all(seen: Witnesses) -> None:
    assert isinstance(seen.made, Made)
    assert isinstance(seen.package, Package)
    files = {
        INDEX: "1" * 64,
        "model-00001-of-00002.safetensors": "2" * 64,
        "model-00002-of-00002.safetensors": "3" * 64,
    }
    value = copy.deepcopy(dict(seen.made.statement.value))
    base = next(
        each for each in value["predicate"]["buildDefinition"]["resolvedDependencies"] if each["name"] == "base"
    )
    base["digest"]["sha256"] = weights_digest(files)
    made = replace(seen.made, statement=Statement(value))

    def told(files: dict[str, str]) -> list[str]:
        copied = {FOLDER + name: sha256 for name, sha256 in files.items()} | {f"{FOLDER}config.json": "4" * 64}
        package = replace(seen.package, files=copied)  # type: ignore[type-var]
        return broken(BASE.check(replace(seen, made=made, package=package, base=weights_digest(files))))

    assert told(files) == []
    assert len(told(files | {"model-00002-of-00002.safetensors": "5" * 64})) == 1
    assert len(told({name: sha256 for name, sha256 in files.items() if "00002-of" not in name})) == 1
