"""gzip: whole, in members, cut, and as a bomb."""

import gzip
import hashlib
import random
from typing import Any

import pytest

from tasks.errors import DataError
from tasks.ingest.gunzip import gunzip

ROWS = "text,label\n" + "".join(f"text {number},x\n" for number in range(1_000))


@pytest.mark.parametrize("name", ["a.csv.gz", "a.CSV.GZ"])
def test_a_packed_file_is_read_as_its_content(workspace: Any, name: str) -> None:
    assert workspace.read(name, gzip.compress(ROWS.encode()))[-1] == (1_001, "text 999", "x")


def test_several_members_and_padding_are_one_content(workspace: Any) -> None:
    packed = (
        gzip.compress(b"text,label\nh")
        + gzip.compress(b"")
        + gzip.compress(b"i,x\r")
        + gzip.compress(b"\n")
        + b"\0" * 9
    )
    assert workspace.read("a.csv.gz", packed) == [(2, "hi", "x")]


def test_the_digests_are_those_of_the_packed_file(workspace: Any) -> None:
    # of the bytes as they lie on the disk, so that `sha256sum` and DVC say the same
    packed = gzip.compress(ROWS.encode(), mtime=0)
    workspace.write("a.csv.gz", packed)
    source = workspace.ingest("a.csv.gz")["sources"][0]
    assert (source["bytes"], source["md5"]) == (len(packed), hashlib.md5(packed, usedforsecurity=False).hexdigest())


def test_a_bomb_is_refused_before_any_of_it_is_read(workspace: Any) -> None:
    bomb = gzip.compress(b"text,label\n" + b"a,b\n" * 5_000_000)
    message = workspace.refusal("a.csv.gz", bomb)
    assert message.startswith("a.csv.gz: unpacks to more than 100 times its size, in whole or for a stretch of 1 MB")


def test_no_more_of_a_bomb_is_unpacked_than_is_needed_to_know_it() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    fed = 0

    def blocks() -> Any:
        nonlocal fed
        for start in range(0, len(bomb), 1_024):
            fed += 1_024
            yield bomb[start : start + 1_024]

    with pytest.raises(DataError):
        list(gunzip(blocks(), "a.gz", 100))
    assert fed < 4_096  # 1 kB of zeros unpacks to 1 MB


def test_a_bomb_behind_honest_rows_is_refused() -> None:
    # 5 MB of honest bytes would excuse 500 MB of a bomb, if the whole file alone were measured
    honest, came_out = 5_000_000, 0
    head = gzip.compress(random.Random(0).randbytes(honest))  # noqa: S311
    with pytest.raises(DataError, match="a bomb"):
        for piece in gunzip([head, gzip.compress(bytes(20_000_000))], "a.gz", 100):
            came_out += len(piece)
    assert came_out < honest + 3 * 1024 * 1024


def test_noise_behind_a_bomb_does_not_hide_it() -> None:
    # 5 MB from 5 kB, then 1 MB from 1 MB: 6 times in all, but 1,000 times when the first 1 MB is out
    noise = gzip.compress(random.Random(0).randbytes(1_000_000))  # noqa: S311
    with pytest.raises(DataError, match="a bomb"):
        list(gunzip([gzip.compress(bytes(5_000_000)) + noise], "a.gz", 10))


def test_an_empty_member_gives_no_empty_block() -> None:
    noise = gzip.compress(random.Random(0).randbytes(1_100_000))  # noqa: S311
    assert all(gunzip([noise, gzip.compress(b""), gzip.compress(b"end")], "a.gz", 10))


def test_the_ratio_is_a_setting(workspace: Any) -> None:
    packed = gzip.compress(b"text,label\n" + (b"hello " * 100 + b",b\n") * 2_000)
    assert "more than 100 times" in workspace.refusal("a.csv.gz", packed)
    assert len(workspace.read("a.csv.gz", packed, max_unpacked_ratio=2_000)) == 2_000


def test_a_little_that_grows_much_is_no_bomb(workspace: Any) -> None:
    assert len(workspace.read("a.csv.gz", gzip.compress(b"text,label\n" + b"hello,b\n" * 50_000))) == 50_000


@pytest.mark.parametrize("kept", [0, 5, 40, -1, -8])
def test_a_cut_file_is_refused(workspace: Any, kept: int) -> None:
    packed = gzip.compress(ROWS.encode())
    assert "ends in the middle" in workspace.refusal("a.csv.gz", packed[:kept])


@pytest.mark.parametrize("content", [b"text,label\nhi,x\n", gzip.compress(ROWS.encode()) + b"rest"])
def test_what_is_no_gzip_is_refused(workspace: Any, content: bytes) -> None:
    assert "is no sound gzip file" in workspace.refusal("a.csv.gz", content)


def test_a_flipped_byte_is_seen(workspace: Any) -> None:
    packed = bytearray(gzip.compress(ROWS.encode()))
    packed[-6] ^= 1  # in the checksum
    assert "is no sound gzip file" in workspace.refusal("a.csv.gz", bytes(packed))


def test_packed_parquet_is_refused(workspace: Any) -> None:
    assert "unpack it (gunzip)" in workspace.refusal("a.parquet.gz", gzip.compress(b"PAR1"))
