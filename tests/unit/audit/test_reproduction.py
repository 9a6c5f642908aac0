"""What a second making comes to, from digests and numbers alone."""

import json
from dataclasses import replace

import pytest

from tasks.audit.reproduction import Outcome, decide, machine_that_differs, packages_that_differ

LOCK = {
    "stages": {
        "split": {"outs": [{"path": "data/split/test.parquet", "md5": "a" * 32}]},
        "finetune": {"outs": [{"path": "data/model", "md5": "b" * 32 + ".dir"}]},
    }
}
SAID = Outcome(LOCK, "c" * 64, {"accuracy": 0.8, "ece": None})


def with_output(stage: str, md5: str) -> Outcome:
    outs = [{**LOCK["stages"][stage]["outs"][0], "md5": md5}]
    return replace(SAID, lock={"stages": {**LOCK["stages"], stage: {"outs": outs}}})


def test_the_same_bytes_are_identical() -> None:
    assert decide(SAID, SAID).word == "identical"


def test_other_weights_with_the_same_metrics_are_within_tolerance_and_named_first() -> None:
    verdict = decide(
        SAID, replace(with_output("finetune", "0" * 32), model="d" * 64, metrics={"accuracy": 0.805, "ece": None})
    )
    assert verdict.word == "within tolerance"
    assert verdict.where[0].startswith("weights: ")
    assert verdict.where[1:] == ("data/model (finetune)", "accuracy moved by 0.005")


def test_metrics_that_move_further_differ() -> None:
    verdict = decide(SAID, replace(SAID, metrics={"accuracy": 0.78, "ece": None}))
    assert (verdict.word, verdict.where) == ("differs", ("accuracy moved by 0.02",))
    assert decide(SAID, replace(SAID, metrics={"accuracy": None, "ece": None})).word == "differs"


def test_other_rows_differ_whatever_the_metrics_say() -> None:
    verdict = decide(SAID, with_output("split", "0" * 32))
    assert (verdict.word, verdict.where) == ("differs", ("data/split/test.parquet (split)",))


def test_output_that_was_not_made_again_is_named() -> None:
    verdict = decide(SAID, replace(SAID, lock={"stages": {"split": LOCK["stages"]["split"]}}))
    assert verdict.where == ("data/model (finetune)",)


def test_other_packages_allow_no_more_than_within_tolerance() -> None:
    verdict = decide(SAID, SAID, packages=["torch 2.13.0 → 2.14.0"], machine=["cpu A → B"])
    assert verdict.word == "within tolerance"
    assert verdict.environment == ("torch 2.13.0 → 2.14.0", "cpu A → B")
    assert decide(SAID, SAID, machine=["cpu A → B"]).word == "identical"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"a": "1"}, ["b 2 → none"]),
        ({"a": "1", "b": "3"}, ["b 2 → 3"]),
        ({"a": "1", "b": "2", "c": "1"}, ["c none → 1"]),
        ({"b": "2", "a": "1"}, []),
    ],
)
def test_packages_at_another_version_are_listed(now: dict[str, str], told: list[str]) -> None:
    def sbom(packages: dict[str, str]) -> str:
        return json.dumps({"components": [{"name": name, "version": each} for name, each in packages.items()]})

    assert packages_that_differ(sbom({"a": "1", "b": "2"}), sbom(now)) == told


def test_hardware_is_compared_where_both_know_it() -> None:
    said = {"cpu": "A", "cores": 2, "threads": 2, "accelerators": []}
    assert machine_that_differs(said, {"cpu": "B", "cores": 2}) == ["cpu A → B"]
