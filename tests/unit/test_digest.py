"""Names by content."""

import hashlib
from pathlib import Path

import pytest
import yaml

from tasks.digest import canonical_json, digest_of_code, md5_of_file, row_id, sha256_of_file, sha256_of_texts


def test_files_have_their_published_digests(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    # RFC 1321 and FIPS 180-2 test vectors
    assert md5_of_file(tmp_path / "f") == "900150983cd24fb0d6963f7d28e17f72"
    assert sha256_of_file(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_rows_name_depends_on_text_and_label_alone() -> None:
    assert row_id("text", "label") == hashlib.sha256(b"label\x00text").hexdigest()[:24]
    assert len({row_id("a", "b"), row_id("ab", ""), row_id("", "ab"), row_id("b", "a")}) == 4
    assert row_id("text", "label", "pair") == hashlib.sha256(b"label\x00text\x00pair").hexdigest()[:24]


def test_borders_between_texts_count() -> None:
    assert sha256_of_texts(["ab", "c"]) != sha256_of_texts(["a", "bc"])


def test_canonical_json_has_one_form_and_no_nan() -> None:
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("inf"))


def test_code_of_a_stage_is_what_dvc_yaml_names_below_tasks_and_no_other(tmp_path: Path) -> None:
    deps = ["constraints.txt", "data/split/val.parquet", "tasks/finetune", "tasks/table.py"]
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"finetune": {"deps": deps}}}))
    counts = {"finetune/loop.py": True, "finetune/rates/one.py": True, "table.py": True, "trials/trial.py": True}
    counts |= {"report/page.py": False, "finetune/notes.txt": False}
    for name in counts:
        (tmp_path / "tasks" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tasks" / name).write_text("one")
    before = digest_of_code(tmp_path, "finetune", "tasks/trials")
    for name in counts:
        (tmp_path / "tasks" / name).write_text("two")
        assert (digest_of_code(tmp_path, "finetune", "tasks/trials") != before) is counts[name], name
        (tmp_path / "tasks" / name).write_text("one")
