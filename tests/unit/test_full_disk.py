"""A full disk is told as one, whoever says so, and nothing else is."""

import errno
from pathlib import Path

import pytest

from tasks.errors import DataError, FinetraceError, SetupError
from tasks.full_disk import find_full_disk, telling_full_disk, tells_of_full_disk
from tasks.paths import Paths
from tasks.pipeline import failure_noted


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "data/model"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError(errno.EFBIG, "File too large"),
        RuntimeError("SafetensorError: I/O error: No space left on device (os error 28)"),
        ValueError("(sqlite3.OperationalError) database or disk is full"),
    ],
)
def test_every_way_to_say_that_there_is_no_room_becomes_a_setup_error(error: Exception) -> None:
    with pytest.raises(SetupError, match=r"The disk is full.*Make room, then run again"), telling_full_disk():
        raise error


def test_the_file_that_had_no_room_is_named() -> None:
    assert "data/model" in find_full_disk(OSError(errno.ENOSPC, "No space left on device", "data/model"))


def test_it_is_found_behind_the_error_that_it_led_to() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("cannot save") from error
    except RuntimeError as error:
        assert find_full_disk(error)


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "Permission denied"), KeyError("space")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), telling_full_disk():
        raise error


def test_our_own_errors_are_told_in_their_own_words() -> None:
    with pytest.raises(DataError, match="rows"), telling_full_disk():
        raise DataError("rows.csv: the words 'File too large' in line 3.")


def test_dvc_saying_so_is_heard() -> None:
    assert tells_of_full_disk("ERROR: unexpected error - [Errno 28] No space left on device: '.dvc/cache'")


def test_reason_is_told_even_where_it_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tasks.pipeline.write_json", full)
    with pytest.raises(FinetraceError, match="The disk is full"), failure_noted(Paths(tmp_path), "split"):
        full()
