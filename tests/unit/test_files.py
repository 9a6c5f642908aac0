"""A file is there whole, or not at all."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import DataError, IntegrityError
from tasks.files import drop_oldest, owner_only, read_json, refuse_links_out, replacing, write_json
from tasks.process_name import machine_name, process_name


def test_what_else_lies_in_the_folder_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as somebody_elses:  # cannot be opened as a file
        somebody_elses.bind("s")
        with replacing(tmp_path / "rows") as temporary:
            temporary.write_text("new")
    assert (tmp_path / "rows").read_text() == "new"


def test_an_error_half_way_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "rows"
    target.write_text("old")
    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert target.read_text() == "old"


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "stale").touch()
    with replacing(target) as temporary:
        temporary.mkdir()
        (temporary / "fresh").touch()
    assert [path.name for path in target.iterdir()] == ["fresh"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_disk_is_asked_to_keep_the_content_before_the_name_and_the_name_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").resolve().name
        asked.append((name.rpartition("-")[2], (tmp_path / "model").exists()))  # .tmp-machine-process-model

    monkeypatch.setattr(os, "fsync", note)
    with replacing(tmp_path / "model") as temporary:
        temporary.mkdir()
        (temporary / "part").write_text("new")
    assert asked == [("model", False), ("part", False), (tmp_path.resolve().name, True)]


def test_json_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert not (tmp_path / "x.json").exists()


def test_json_comes_back_as_it_was(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": [1, 2.5], "a": "é"})
    assert read_json(tmp_path / "x.json") == {"a": "é", "b": [1, 2.5]}


_KILLED_IN = """
import os, signal, sys
from pathlib import Path
from tasks.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.mkdir()
    (temporary / "half").touch()
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    print(temporary.name, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_by_the_next_that_writes_there(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED_IN, str(tmp_path / "model"), "killed"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [path.name[:5] for path in tmp_path.iterdir()] == [".tmp-"]
    write_json(tmp_path / "other.json", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


def test_what_a_living_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _KILLED_IN, str(tmp_path / "model"), "living"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        half = tmp_path / writer.stdout.readline().strip()
        write_json(tmp_path / "other.json", 1)
        assert (half / "half").exists()
        writer.stdin.close()
    assert (tmp_path / "model" / "half").exists()


@pytest.mark.parametrize(
    ("process", "machine", "stays"),
    [
        (process_name(), machine_name(), True),
        (f"{os.getpid()}@1", machine_name(), False),  # our pid, but another process had it: it began at another time
        ("1@0", "000000", True),  # of another machine: nobody here knows whether it lives
    ],
    ids=["our own", "used again", "another machine's"],
)
def test_a_leftover_goes_only_if_its_writer_is_surely_dead(
    tmp_path: Path, process: str, machine: str, *, stays: bool
) -> None:
    left = tmp_path / f".tmp-{machine}-{process}-model"
    left.touch()
    write_json(tmp_path / "other.json", 1)
    assert left.exists() == stays


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def _umask_that_closes_nothing() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask_that_closes_nothing")
@pytest.mark.parametrize("name", [".finetrace", "cache", "checkpoints"])
def test_state_caches_and_checkpoints_are_their_owners_alone_whatever_the_umask(tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o755)
    write_json(tmp_path / name / "deep" / "x.json", 1)
    with replacing(tmp_path / name / "folder") as temporary:
        temporary.mkdir()
        (temporary / "y").touch()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert {_mode(path) for path in files} == {0o600}
    assert {_mode(path) for path in folders} == {0o700}


@pytest.mark.usefixtures("_umask_that_closes_nothing")
def test_results_are_as_open_as_the_umask_says(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write_json(tmp_path / "reports" / "x.json", 1)
    assert (_mode(tmp_path / "reports"), _mode(tmp_path / "reports" / "x.json")) == (0o777, 0o666)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_is_no_finite_number_is_read_as_nothing(tmp_path: Path, written: str) -> None:
    (tmp_path / "x.json").write_text(f'{{"accuracy": {written}, "f1": 0.5}}')
    assert read_json(tmp_path / "x.json") == {"accuracy": None, "f1": 0.5}


def test_json_nested_without_end_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[" * 200_000)
    with pytest.raises(IntegrityError, match=r"x\.json is broken"):
        read_json(tmp_path / "x.json")


@pytest.mark.parametrize("name", ["data", "data/model", "data/deep/er/rows.csv"])
def test_a_link_that_leads_out_is_refused_by_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / "workspace"
    link = root / name
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=f"^{name} is a link that leads out"):
        refuse_links_out(root / "data", root)


def test_links_within_the_workspace_are_let_be(tmp_path: Path) -> None:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "rows.csv").symlink_to("raw/rows.csv")
    (tmp_path / "data" / "loop").symlink_to("loop")
    (tmp_path / "linked").symlink_to("/")  # not in data
    refuse_links_out(tmp_path / "data", tmp_path)


def test_the_workspace_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real" / "data").mkdir(parents=True)
    (tmp_path / "real" / "data" / "a").symlink_to("b")
    (tmp_path / "link").symlink_to("real")
    refuse_links_out(tmp_path / "link" / "data", tmp_path / "link")


@pytest.mark.usefixtures("_umask_that_closes_nothing")
def test_what_a_library_makes_is_its_owners_alone_and_the_umask_comes_back(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), owner_only():
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache" / "x").touch()
        raise RuntimeError
    (tmp_path / "results").mkdir()
    assert (_mode(tmp_path / "cache"), _mode(tmp_path / "cache" / "x")) == (0o700, 0o600)
    assert _mode(tmp_path / "results") == 0o777


def test_a_cache_drops_what_was_used_longest_ago_until_it_fits(tmp_path: Path) -> None:
    for number, name in enumerate("abcd"):
        (tmp_path / f"{name}.safetensors").write_bytes(bytes(1000))
        os.utime(tmp_path / f"{name}.safetensors", ns=(number, number))
    os.utime(tmp_path / "a.safetensors", ns=(9, 9))  # used again
    drop_oldest(tmp_path, 3e-6, keep=1)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["a", "c", "d"]
    drop_oldest(tmp_path, 0, keep=2)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["a", "d"]
