"""Only a regular file is read, and only while nobody writes to it."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import DataError
from tasks.ingest.regular_file import RegularFile, open_regular

CONTENT = b"text,label\n" + b"hi,x\n" * 100


@pytest.mark.parametrize("name", ["a.csv", "pipe"])
def test_a_pipe_is_refused_without_waiting_for_a_writer(workspace: Any, name: str) -> None:
    os.mkfifo(workspace.root / name)
    assert workspace.told(name).startswith(f"{name}: is a pipe, not a file;")


def test_a_pipe_in_a_folder_is_refused(workspace: Any) -> None:
    workspace.write("data/test.csv", CONTENT)
    os.mkfifo(workspace.root / "data" / "train.csv")
    assert workspace.told("data").startswith("data/train.csv: is a pipe, not a file;")


@pytest.mark.parametrize(("kind", "expected"), [("pipe", "is a pipe"), ("link", "Too many levels of symbolic links")])
def test_what_is_put_in_place_after_the_first_look_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, expected: str
) -> None:
    (tmp_path / "regular").write_bytes(CONTENT)
    regular = (tmp_path / "regular").lstat()
    if kind == "pipe":
        os.mkfifo(tmp_path / "a.csv")
    else:
        (tmp_path / "a.csv").symlink_to("regular")
    monkeypatch.setattr(Path, "lstat", lambda _: regular)
    with pytest.raises(DataError, match=expected), open_regular(tmp_path / "a.csv", "a.csv"):
        pass


def test_a_device_is_refused(workspace: Any) -> None:
    assert workspace.told("/dev/zero", format="csv").startswith("/dev/zero: is a device, not a file;")


def test_a_socket_is_refused(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace.root)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.csv")
        assert workspace.told("a.csv").startswith("a.csv: is a socket, not a file;")


@pytest.mark.parametrize("target", ["real.csv", "folder", "nothing"])
def test_a_symbolic_link_is_refused(workspace: Any, target: str) -> None:
    workspace.write("real.csv", CONTENT)
    workspace.write("folder/train.csv", CONTENT)
    (workspace.root / "a.csv").symlink_to(target)
    assert workspace.told("a.csv").startswith("a.csv: is a symbolic link;")


def test_a_symbolic_link_in_a_folder_is_refused(workspace: Any) -> None:
    workspace.write("real.csv", CONTENT)
    workspace.write("folder/notes.txt", "")
    (workspace.root / "folder" / "train.csv").symlink_to(workspace.root / "real.csv")
    assert workspace.told("folder").startswith("folder/train.csv: is a symbolic link;")


def test_a_folder_called_like_a_file_has_no_training_file(workspace: Any) -> None:
    workspace.write("a.csv/other.txt", "")
    assert "has no file train" in workspace.told("a.csv")


@pytest.mark.parametrize("path", ["none.csv", "none", "none/train.csv", "file.csv/train.csv"])
def test_a_missing_file_is_told(workspace: Any, path: str) -> None:
    workspace.write("file.csv", CONTENT)
    assert workspace.told(path).startswith(f"{path}: is missing;")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more,x\n")


def shorten(path: Path) -> None:
    os.truncate(path, 20)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"TEXT")
    os.utime(path, ns=(1, 1))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(CONTENT)
    other.replace(path)


@pytest.mark.parametrize("change", [append, shorten, overwrite, replace, Path.unlink])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, small_blocks: Callable[[int], None], change: Callable[[Path], None]
) -> None:
    small_blocks(64)
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    with (
        pytest.raises(DataError, match=r"^a\.csv: changed while it was read; let whatever writes it finish"),
        open_regular(path, "a.csv") as file,
    ):
        blocks = file.blocks()
        next(blocks)
        change(path)
        list(blocks)


def test_a_file_that_grows_without_end_is_not_read_without_end(
    tmp_path: Path, small_blocks: Callable[[int], None]
) -> None:
    small_blocks(64)
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    read = 0
    with pytest.raises(DataError), open_regular(path, "a.csv") as file:
        for block in file.blocks():
            read += len(block)
            if read > len(CONTENT):
                break
            append(path)
            path.open("ab").write(b"a" * 64)
    assert read <= len(CONTENT)


def test_the_output_stays_when_the_file_changes(
    workspace: Any, small_blocks: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.read("a.csv", "text,label\nold,x\n")
    path = workspace.write("a.csv", CONTENT)
    small_blocks(64)
    whole = RegularFile.blocks

    def growing(file: RegularFile) -> Any:
        for block in whole(file):
            yield block
            append(path)

    monkeypatch.setattr(RegularFile, "blocks", growing)
    assert "changed while it was read" in workspace.told("a.csv")
    assert workspace.rows() == [(2, "old", "x")]
