"""Rows, reports and a statement of them, made without running a stage"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.digest import digests_of_file, row_id
from tasks.files import write_json
from tasks.lineage.statement import Facts, Statement, make_statement
from tasks.paths import Paths
from tasks.stages import STAGES
from tasks.table import AUGMENTED, INGESTED, PREDICTIONS, QUARANTINE, SPLIT, write_rows

NAME = "wishes"
TEXTS = {
    "train": [("where is my box", "late"), ("my box has not come yet", "late"), ("take me off the list", "cancel")],
    "val": [("stop all of it please", "cancel")],
    "test": [("is it still on its way", "late"), ("end my subscription", "cancel")],
}
SPOILT = ("my box is late", "")
PARAMS = """\
base: {id: tests/tiny, revision: "0000000000000000000000000000000000000000", sha256: "%s"}
ingest: {path: data/raw/rows.csv}
validate: {}
split: {}
augment: {}
finetune: {}
evaluate: {}
register: {name: wishes}
""" % ("0" * 64)
SBOM = {"components": [{"name": "torch", "version": "2.13.0"}, {"name": "old", "version": "1"}]}


def an_id(text: str) -> str:
    """The id of one of the rows above."""
    labels = {text: label for rows in TEXTS.values() for text, label in rows} | dict([SPOILT])
    return row_id(text, labels[text])


def rows_of(side: str, texts: Sequence[tuple[str, str]], start: int = 2) -> list[dict[str, Any]]:
    """Rows of a side, on lines of their own."""
    return [
        {"row_id": row_id(text, label), "side": "any", "line": start + number, "text": text, "pair": None}
        | {"label": label, "fold": 1 if side == "train" else 0}
        for number, (text, label) in enumerate(texts)
    ]


def write_sides(paths: Paths, texts: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """The files of all stages up to augment; of the first train row, augmentation has made another."""
    made, line = {}, 2
    for side, file in (("train", paths.train), ("val", paths.val), ("test", paths.test)):
        made[side] = rows_of(side, texts[side], line)
        line += len(texts[side])
        write_rows(file, made[side], SPLIT)
    first = made["train"][0]
    child = first | {"row_id": row_id("my where is box", first["label"]), "text": "my where is box"}
    augmented = [row | {"parent_id": row["row_id"], "method": "original"} for row in made["train"]]
    augmented.append(child | {"parent_id": first["row_id"], "method": "word_swap"})
    write_rows(paths.augmented, augmented, AUGMENTED)
    everything = [{k: v for k, v in row.items() if k != "fold"} for rows in made.values() for row in rows]
    text, label = SPOILT
    spoilt = {"row_id": row_id(text, label), "side": "any", "line": line, "text": text, "pair": None, "label": label}
    write_rows(paths.ingested, [*everything, spoilt], INGESTED)
    write_rows(paths.quarantine, [spoilt | {"reasons": ["label_missing"], "advice": "give it a label"}], QUARANTINE)


def write_predictions(paths: Paths, answers: Mapping[str, str]) -> None:
    """What the model says of the test rows, by text; all others right."""
    rows = [
        {k: row[k] for k in ("row_id", "line", "text", "pair", "label")}
        | {"predicted": answers.get(row["text"], row["label"]), "probabilities": [0.75, 0.25]}
        for row in rows_of("test", TEXTS["test"], 6)
    ]
    write_rows(paths.predictions, rows, PREDICTIONS)


def write_reports(paths: Paths) -> None:
    """Reports such as the stages write, with the numbers that the tests look for."""
    label_missing = {"reason": "label_missing", "description": "There is a label", "name": "expect_not_null"}
    source = {"name": "rows.csv", "side": "any", "rows": 7, "md5": "0" * 32, "sha256": "0" * 64}
    reports: dict[str, dict[str, Any]] = {
        "ingest": {"rows": 7, "format": "csv", "sources": [source]},
        "validate": {"rows_in": 7, "rows_out": 6, "quarantined": 1, "reasons": {"label_missing": 1}},
        "split": {"rows": {"in": 6, "train": 3, "val": 1, "test": 2}, "set_aside": 0, "official_test": False},
        "augment": {"rows": {"new": 1}},
        "finetune": {"labels": ["cancel", "la|te`<b>"], "best_epoch": 3, "temperature": 1.51, "alarms": []},
        "evaluate": {
            "slices": {"short": {"rows": 2, "accuracy": {"value": 0.5}, "difference": {"value": -0.25}}},
            "baselines": {"majority": {"accuracy": 0.375, "accuracy_gain": {"value": 0.5, "low": 0.1, "high": 0.9}}},
        },
    }
    reports["validate"]["expectations"] = [label_missing]
    for stage, report in reports.items():
        write_json(paths.report(stage), report)


def put_into_cache(paths: Paths, file: Path) -> str:
    """What DVC does with an output: a copy named by its md5; that md5."""
    md5 = digests_of_file(file)[0]
    copy = paths.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    return md5


def put_folder_into_cache(paths: Paths, folder: Path) -> str:
    """The same for a folder: its files, and the list of them."""
    listed = [{"md5": put_into_cache(paths, file), "relpath": file.name} for file in sorted(folder.glob("*.parquet"))]
    text = json.dumps(listed, sort_keys=True)
    md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"
    copy = paths.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    return md5


def statement_of(paths: Paths, *, epochs: int = 5, accuracy: float = 0.61811) -> Statement:
    """The statement of a version made from the files as they are; they are put into DVC's cache."""

    def resource(file: Path, **annotations: Any) -> dict[str, Any]:
        digest = {"md5": put_into_cache(paths, file), "sha256": digests_of_file(file)[1]}
        return {"name": file.relative_to(paths.root).as_posix(), "digest": digest, "annotations": annotations}

    raw = paths.root / "data" / "raw" / "rows.csv"
    evaluation = {"name": "data/evaluation", "digest": {"md5": put_folder_into_cache(paths, paths.evaluation)}}
    stages = [
        {"name": each, "command": "", "inputs": [], "outputs": [resource(paths.report(each))], "rows": {}}
        for each in STAGES
    ]
    stages[0]["inputs"], stages[-1]["outputs"] = [resource(raw)], [resource(paths.report("evaluate")), evaluation]
    facts = Facts(
        model={"name": NAME, "content": "c", "digest": "d", "package": "p" * 64},
        files={"MLmodel": "0" * 64},
        settings={"finetune": {"epochs": epochs, "strategy": {"kind": "partial"}}, "base": {"id": "tests/tiny"}},
        stages=stages,
        inputs=[
            resource(paths.augmented, context="training", rows=4),
            resource(paths.val, context="validation", rows=1),
            resource(paths.test, context="testing", rows=2),
            resource(raw, context="raw", rows=None),
        ],
        base={"id": "tests/tiny", "revision": "0" * 40, "sha256": "0" * 64},
        commit="",
        invocation={"mlflow_run": "r"},
        results={
            "line": "PASS",
            "metrics": {"accuracy": {"value": accuracy, "low": 0.55, "high": 0.68}},
            "gate": [{"name": "finite", "passed": True, "value": 0, "limit": 0, "why": "all are finite"}],
        },
        kept={"sbom.cdx.json": json.dumps(SBOM)},
    )
    return make_statement(facts)
