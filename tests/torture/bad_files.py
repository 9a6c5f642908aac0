"""33: files that are too big, too wide, never end, or are no files."""

import gzip
import io
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from tests.torture.bad_input import base_cpu_and_memory, put, ready, refused, unchanged
from tests.torture.bad_rows import GOOD
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import RAW

EXTRA_CPU_SECONDS, EXTRA_MEGABYTES = 2.0, 150.0
"""What a refusal may take beyond what ingest takes for a small good file."""
PACKED = "data/raw/rows.csv.gz"
MILLION = 1_000_000


def bounded(name: str, make: Callable[[], bytes], *words: str) -> Callable[[Place], Done]:
    """ingest must refuse the file with little time and memory."""

    def act(place: Place) -> Done:
        floor = base_cpu_and_memory(place.lab)
        workspace = ready(place)
        workspace.set(ingest={"path": name})
        put(workspace, name, make())
        done = require_words(unchanged(workspace, "ingest"), *words)
        cpu, memory = done.cpu_seconds - floor.cpu_seconds, done.peak_megabytes - floor.peak_megabytes
        require(cpu <= EXTRA_CPU_SECONDS, f"refused only after {cpu:.1f} s of CPU more than a good file takes")
        require(memory <= EXTRA_MEGABYTES, f"took {memory:.0f} MB more than a good file does")
        return done

    return act


def bomb() -> bytes:
    """300 MB of good rows in a megabyte."""
    return _packed([b"text,label\n", *[b"the very same row again and again,login\n" * 10_000] * 750])


def late_bomb() -> bytes:
    """A gzip file that is good for a while: a member of noise, then the bomb."""
    noise = "".join(f"{os.urandom(40).hex()},login\n" for _ in range(5_000))
    return gzip.compress(("text,label\n" + noise).encode()) + _packed([b"a,login\n" * 10_000] * 4_000)


def _packed(pieces: list[bytes]) -> bytes:
    """The pieces in one gzip member, never all of them in memory."""
    written = io.BytesIO()
    with gzip.GzipFile(fileobj=written, mode="wb", compresslevel=1, mtime=0) as file:
        for piece in pieces:
            file.write(piece)
    return written.getvalue()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(path.parent)  # the address of a socket has at most 107 bytes
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _growing(place: Place) -> Done:
    """A file that is written to while it is read: half of it would be trained on."""
    workspace = ready(place)
    path = workspace.write(RAW, GOOD)
    stop = threading.Event()

    def write() -> None:
        with path.open("a", encoding="utf-8", buffering=1) as file:
            while not stop.wait(0.0005):
                file.write("one more row,login\n" * 500)

    before = workspace.outputs()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = workspace.finish(workspace.start("-m", "tasks", "ingest"), 60)
    finally:
        stop.set()
        writer.join()
    require(workspace.outputs() == before, "the outputs are others now")
    return require_words(done, "rows.csv", "changed")


def _replaced(place: Place) -> Done:
    """A file that is replaced while it is read."""
    workspace = ready(place)
    path = workspace.write(RAW, GOOD)
    stop = threading.Event()

    def write() -> None:
        other = path.with_suffix(".next")
        while not stop.wait(0.0005):
            other.write_text(GOOD, encoding="utf-8")
            other.replace(path)
        other.unlink(missing_ok=True)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = workspace.finish(workspace.start("-m", "tasks", "ingest"), 60)
    finally:
        stop.set()
        writer.join()
    return require_words(done, "rows.csv", "changed")


CASES: list[Case] = [
    Case(
        33,
        "a field of 5 MB is refused by line and limit",
        4,
        bounded(
            RAW, lambda: f'text,label\na,login\n"{"x" * 5 * MILLION}",login\n'.encode(), "rows.csv:3", "max_field_bytes"
        ),
    ),
    Case(
        33,
        "a line of 40 MB without an end is refused",
        4,
        bounded(RAW, lambda: b"text,label\n" + b"x" * 40 * MILLION, "rows.csv:2"),
    ),
    Case(
        33,
        "a header of a million columns is refused",
        4,
        bounded(RAW, lambda: b"text,label" + b",c" * MILLION + b"\na,login\n", "rows.csv:1", "columns"),
    ),
    Case(
        33,
        "a row of a million fields is refused by line",
        4,
        bounded(RAW, lambda: b"text,label\na,login\nb" + b",login" * MILLION, "rows.csv:3"),
    ),
    Case(
        33,
        "jsonl nested 100,000 deep is refused by line",
        4,
        bounded("data/raw/rows.jsonl", lambda: b'{"text": ' + b"[" * 100_000, "rows.jsonl:1"),
    ),
    Case(
        33,
        "a jsonl number of a million digits is refused by line",
        4,
        bounded("data/raw/rows.jsonl", lambda: b'{"text": "a", "label": ' + b"9" * MILLION + b"}", "rows.jsonl:1"),
    ),
    Case(33, "a gzip bomb is refused in time and memory", 4, bounded(PACKED, bomb, "max_unpacked_ratio")),
    Case(
        33,
        "a gzip bomb behind a good beginning is refused in time and memory",
        4,
        bounded(PACKED, late_bomb, "max_unpacked_ratio"),
    ),
    refused(
        33, "a gzip file that ends in the middle is refused", gzip.compress(GOOD.encode())[:-9], "ends", name=PACKED
    ),
    refused(33, "gzip without its ending .gz is refused", gzip.compress(GOOD.encode()), "gzip"),
    refused(33, "a gzip file that is none is refused", GOOD, "gzip", name=PACKED),
    refused(33, "a zip archive is refused", b"PK\x03\x04" + bytes(40), "zip"),
    refused(33, "a pipe is refused, and not waited for", _pipe, "pipe"),
    refused(33, "a socket is refused", _socket, "socket"),
    refused(33, "a symbolic link to a file is refused", _link("/etc/passwd"), "link"),
    refused(33, "a symbolic link to nothing is refused", _link("nowhere.csv"), "link"),
    refused(33, "a symbolic link to itself is refused", _link("rows.csv"), "link"),
    refused(33, "a symbolic link to a device is refused", _link("/dev/zero"), "link"),
    refused(33, "a folder called like a file is refused", lambda path: path.mkdir(), "rows.csv"),
    refused(33, "a file that is missing is refused with what to do", lambda _: None, "missing"),
    Case(33, "a file that grows while it is read is refused", 4, _growing),
    Case(33, "a file that is replaced while it is read is refused", 4, _replaced),
]
