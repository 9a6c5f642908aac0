"""36: mistakes in params.yaml."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.torture.bad_input import ready, unchanged
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place

MEMORY_MEGABYTES = 600.0
MISTAKES: dict[str, tuple[Mapping[str, Mapping[str, Any]], str]] = {
    "a learning rate of abc": ({"finetune": {"learning_rate": "abc"}}, "finetune.learning_rate"),
    "a learning rate of NaN": ({"finetune": {"learning_rate": float("nan")}}, "finetune.learning_rate"),
    "an infinite gradient norm": ({"finetune": {"max_gradient_norm": float("inf")}}, "finetune.max_gradient_norm"),
    "an infinite cache": ({"finetune": {"cache_gigabytes": float("inf")}}, "finetune.cache_gigabytes"),
    "a learning rate of 0": ({"finetune": {"learning_rate": 0}}, "finetune.learning_rate"),
    "-1 epochs": ({"finetune": {"epochs": -1}}, "finetune.epochs"),
    "1.5 epochs": ({"finetune": {"epochs": 1.5}}, "finetune.epochs"),
    "10 to the 30 epochs": ({"finetune": {"epochs": 10**30}}, "finetune.epochs"),
    "an unknown key": ({"finetune": {"epoch": 3}}, "did you mean 'epochs'"),
    "an unknown section": ({"finetunning": {}}, "did you mean 'finetune'"),
    "an unknown strategy": ({"finetune": {"strategy": {"kind": "lorra"}}}, "did you mean 'lora'"),
    "a strategy without its kind": ({"finetune": {"strategy": {"layers": 2}}}, "finetune.strategy.kind"),
    "another strategy's key": ({"finetune": {"strategy": {"kind": "full", "rank": 8}}}, "rank"),
    "an infinite penalty": (
        {"finetune": {"strategy": {"kind": "feature_extraction", "inverse_penalty": float("inf")}}},
        "inverse_penalty",
    ),
    "a share above 1": ({"split": {"test": 1.5}}, "split.test"),
    "shares that leave nothing to train on": ({"split": {"test": 0.6, "val": 0.5}}, "val + test"),
    "a digest that is none": ({"base": {"sha256": "53aa"}}, "base.sha256"),
    "trust_remote_code": ({"base": {"trust_remote_code": True}}, "base.trust_remote_code"),
    "a model name with a slash": ({"register": {"name": "a/b"}}, "register.name"),
    "a gate threshold of 2": ({"register": {"gate": {"min_accuracy": 2}}}, "register.gate.min_accuracy"),
}
FILES: dict[str, tuple[bytes, str]] = {
    "is empty": (b"", "params.yaml"),
    "has a list for a section": (b"split: [1, 2]\nbase: {}\ningest: {path: a.csv}\n", "split"),
    "is a list": (b"- base\n- ingest\n", "params.yaml"),
    "is a word": (b"base", "params.yaml"),
    "is not UTF-8": (b"base: \xff\xfe\n", "UTF-8"),
    "has a tab for an indent": (b"ingest:\n\tpath: a.csv\n", "params.yaml:2"),
    "has a brace left open": (b"ingest: {path: a.csv\nbase: {}\n", "params.yaml:"),
    "has a key twice": (b"ingest: {path: a.csv}\ningest: {path: b.csv}\n", "twice"),
    "has a number as key": (b"1: {path: a.csv}\n", "params.yaml:1"),
    "has a list as key": (b"? [a, b]\n: c\n", "params.yaml:1"),
    "has a NUL": (b"ingest:\n  path: a\x00.csv\n", "params.yaml"),
    "has two documents": (b"base: {}\n---\nbase: {}\n", "params.yaml"),
    "has an unknown tag": (b"ingest: !secret {path: a.csv}\n", "params.yaml:1"),
    "names a function to call": (b'ingest: !!python/object/apply:os.system ["touch CANARY"]\n', "params.yaml:1"),
    "names a module to import": (b"ingest: !!python/name:os.system\n", "params.yaml:1"),
    "is nested 20,000 deep": (b"ingest: " + b"[" * 20_000 + b"]" * 20_000 + b"\n", "params.yaml"),
    "merges itself": (b"ingest: &a\n  path: a.csv\n  <<: *a\n", "params.yaml"),
    "contains itself": (b"ingest: &a {path: a.csv, more: *a}\n", "params.yaml"),
    "holds a billion laughs": (
        b"a0: &a0 [x, x]\n"
        + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 31))
        + b"ingest: {path: *a30}\n",
        "ingest",
    ),
}


def _mistaken(changes: Mapping[str, Mapping[str, Any]], word: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(**changes)
        return require_words(unchanged(workspace, "ingest"), "params.yaml", word)

    return act


def _broken(content: bytes, word: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.write("params.yaml", content)
        done = require_words(unchanged(workspace, "ingest"), word)
        require(done.peak_megabytes < MEMORY_MEGABYTES, f"took {done.peak_megabytes:.0f} MB")
        return done

    return act


def _all_at_once(place: Place) -> Done:
    """Every mistake is told, not the first alone."""
    workspace = ready(place)
    workspace.set(
        finetune={"learning_rate": "abc", "epochs": -1, "epoch": 2},
        split={"test": 7},
        register={"name": "../x"},
        evaluate={"resample": 5},
    )
    keys = (
        "finetune.learning_rate",
        "finetune.epochs",
        "finetune.epoch:",
        "split.test",
        "register.name",
        "evaluate.resample",
    )
    return require_words(unchanged(workspace, "ingest"), "6 mistakes", *keys)


def _missing(place: Place) -> Done:
    workspace = ready(place)
    (workspace.root / "params.yaml").unlink()
    return require_words(unchanged(workspace, "ingest"), "params.yaml is missing")


def _by_flow(place: Place) -> Done:
    """`finetrace run` says so before any work."""
    workspace = ready(place)
    workspace.set(finetune={"learning_rate": "abc", "epochs": -1})
    return require_words(workspace.finetrace("run"), "finetune.learning_rate", "finetune.epochs")


def _unknown_stage(place: Place) -> Done:
    return require_words(ready(place).stage("injest"), "ingest")


CASES: list[Case] = [
    *(
        Case(36, f"params.yaml with {name} is refused by key", 2, _mistaken(*mistake))
        for name, mistake in MISTAKES.items()
    ),
    *(Case(36, f"a params.yaml that {name} is refused", 2, _broken(*broken)) for name, broken in FILES.items()),
    Case(36, "all mistakes in params.yaml are told at once", 2, _all_at_once),
    Case(36, "a params.yaml that is missing is told so", 2, _missing),
    Case(36, "finetrace run tells mistakes before any work", 2, _by_flow),
    Case(36, "a stage that does not exist is refused with those that do", 2, _unknown_stage),
]
