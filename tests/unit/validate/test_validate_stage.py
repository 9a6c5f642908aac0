import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.errors import DataError
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.table import INGESTED, QUARANTINE, read_table, write_table
from tasks.validate.settings import ValidateSettings
from tasks.validate.stage import run

BASE = BaseSettings(id="none", revision="0" * 40, sha256="0" * 64)


@pytest.fixture
def paths(tmp_path: Path, table, plenty) -> Paths:
    paths = Paths(tmp_path)
    rows = table(*plenty, plenty[3], ("my money", "refnd"), ("see \u202e this parcel", "delivery"))
    write_table(paths.ingested, rows, INGESTED)
    return paths


def validate(paths: Paths, **settings) -> dict:
    defaults = {"min_rows": 10, "label_errors": "off"}
    return run(paths, validate=ValidateSettings(**{**defaults, **settings}), base=BASE)


def outputs(paths: Paths) -> list[Path]:
    return [paths.validated, paths.quarantine, paths.label_errors, paths.expectations, paths.validation_page]


def test_the_rows_that_passed_and_the_others_add_up_to_those_read(paths) -> None:
    numbers = validate(paths)
    kept, aside = read_table(paths.validated, INGESTED), read_table(paths.quarantine, QUARANTINE)
    assert (numbers["rows_in"], numbers["rows_out"], numbers["quarantined"]) == (23, 21, 2)
    assert (kept.num_rows, aside.num_rows) == (21, 2)
    assert numbers["reasons"] == {"duplicate": 1, "label_misspelt": 1}
    assert numbers["labels"] == {"delivery": 11, "refund": 10}


def test_what_is_seen_and_let_pass_is_counted(paths) -> None:
    assert validate(paths)["warnings"] == {"bidi_controls": 1}
    kept = validate(paths, duplicates="keep")
    assert kept["warnings"] == {"bidi_controls": 1, "duplicates_kept": 1}


def test_the_report_lists_each_expectation_and_how_it_came_out(paths) -> None:
    by_reason = {each["reason"]: each for each in validate(paths)["expectations"]}
    assert by_reason["label_unknown"] == {
        "suite": "row",
        "name": "expect_column_values_to_be_in_set",
        "column": "label",
        "reason": "label_unknown",
        "description": "The label is one of the known ones",
        "severity": "critical",
        "passed": False,
        "unexpected": 1,
    }
    assert by_reason["too_few_rows"]["passed"]


def test_the_same_rows_give_the_same_bytes(paths) -> None:
    first = json.dumps(validate(paths)), [path.read_bytes() for path in outputs(paths)]
    assert first == (json.dumps(validate(paths)), [path.read_bytes() for path in outputs(paths)])


def test_on_an_error_nothing_is_written_and_old_outputs_stay(paths) -> None:
    with pytest.raises(DataError):
        validate(paths, max_bad_fraction=0)
    assert not any(path.exists() for path in outputs(paths))
    validate(paths)
    before = [path.read_bytes() for path in outputs(paths)]
    with pytest.raises(DataError):
        validate(paths, max_bad_fraction=0)
    assert [path.read_bytes() for path in outputs(paths)] == before


def test_likely_label_errors_are_named_by_row_id_and_line(paths, monkeypatch, table, plenty, by_word) -> None:
    rows = table(*plenty, ("give me my money back at once", "delivery"))
    write_table(paths.ingested, rows, INGESTED)
    features = type(sys)("tasks.model.features")
    features.text_features = lambda texts, base, paths: by_word(texts)
    monkeypatch.setitem(sys.modules, "tasks.model.features", features)
    found = validate(paths, label_errors="report")["label_errors"]
    assert (found["mode"], found["looked_at"], found["found"]) == ("report", 21, 1)
    worst = found["worst"][0]
    assert 0 <= worst.pop("score") < 0.5
    assert worst == {
        "row_id": rows["row_id"][20].as_py(),
        "line": 22,
        "given": "delivery",
        "suggested": "refund",
    }


def test_all_suspects_are_written_and_the_page_shows_the_first(paths, monkeypatch, table) -> None:
    """Flipped labels among 600 rows whose features tell the two labels apart."""
    is_refund = [number % 2 == 0 for number in range(600)]
    start = ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "give"]
    texts = [f"{start[number % 6]} {'money' if is_refund[number] else 'parcel'} {number}" for number in range(600)]
    labels = ["refund" if is_ != (number % 7 == 0) else "delivery" for number, is_ in enumerate(is_refund)]
    write_table(paths.ingested, table(*zip(texts, labels, strict=True)), INGESTED)
    features = type(sys)("tasks.model.features")
    features.text_features = lambda texts, base, paths: np.array(
        [["money" in text] for text in texts], dtype=np.float32
    )
    monkeypatch.setitem(sys.modules, "tasks.model.features", features)
    numbers = validate(paths, label_errors="report", max_bad_fraction=0.9)["label_errors"]
    with paths.label_errors.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert numbers["found"] == len(rows) > 50 == len(numbers["worst"])
    assert [(int(row["line"]), row["row_id"]) for row in rows[:50]] == [
        (each["line"], each["row_id"]) for each in numbers["worst"]
    ]
    assert not [row["text"] for row in rows if row["text"].lstrip().startswith(("=", "+", "-", "@"))]
    page = paths.validation_page.read_text()
    assert "data/validated/label_errors.csv" in page
    assert "the first 50" in page


def test_the_list_of_suspects_has_a_header_alone_where_nobody_looked(paths) -> None:
    validate(paths)
    assert paths.label_errors.read_text() == "line,given,suggested,score,text,row_id\n"


def test_the_features_are_those_of_the_base_model_in_the_settings(paths, monkeypatch) -> None:
    seen = []

    def text_features(texts: list[str], base: BaseSettings, where: Paths) -> np.ndarray:
        seen.append((len(texts), base, where))
        return np.zeros((len(texts), 2), dtype=np.float32)

    features = type(sys)("tasks.model.features")
    features.text_features = text_features
    monkeypatch.setitem(sys.modules, "tasks.model.features", features)
    validate(paths, label_errors="report")
    assert seen == [(21, BASE, paths)]


def test_without_a_look_for_label_errors_torch_is_not_imported(paths) -> None:
    code = (
        "import sys; from pathlib import Path; from tasks.paths import Paths\n"
        "from tasks.model.settings import BaseSettings; from tasks.validate.settings import ValidateSettings\n"
        "from tasks.validate.stage import run\n"
        "run(Paths(Path(sys.argv[1])), validate=ValidateSettings(min_rows=10, label_errors='off'),\n"
        "    base=BaseSettings(id='none', revision='0' * 40, sha256='0' * 64))\n"
        "print([name for name in ('torch', 'transformers', 'cleanlab', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, paths.root], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_while_it_checks_arrow_takes_its_memory_from_the_c_library_and_not_afterwards(paths, monkeypatch) -> None:
    from tasks.validate import stage

    pools: list[str] = []
    check = stage.check_rows

    def look(*given):
        pools.append(pa.default_memory_pool().backend_name)
        return check(*given)

    monkeypatch.setattr(stage, "check_rows", look)
    before = pa.default_memory_pool().backend_name
    validate(paths)
    with pytest.raises(DataError):
        validate(paths, min_rows=1000)
    assert pools == ["system"] * 2
    assert pa.default_memory_pool().backend_name == before
