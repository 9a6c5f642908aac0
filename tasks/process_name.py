"""A process by a name that no other process ever has, and whether it lives."""

import hashlib
import os
import platform
from functools import cache
from pathlib import Path

_NAMESPACE = Path("/proc/self/ns/pid")


def process_name(pid: int | None = None) -> str:
    """pid@start of a process, by default this one: a pid that is used again is another name.

    Linux counts the start from boot, so that a clock set back makes nobody look dead. Raises ProcessLookupError if
    there is no such process.
    """
    pid = os.getpid() if pid is None else pid
    if not Path("/proc/stat").exists():
        return _asked_of_psutil(pid)
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    fields = told.rpartition(")")[2].split()  # from field 3 of proc(5) on: state, …, starttime
    if fields[0] == "Z":  # ended, and its parent has not asked how
        raise ProcessLookupError(pid)
    return f"{pid}@{fields[19]}"


def is_alive(name: str) -> bool:
    """Whether the process of this name runs on this machine."""
    pid = name.partition("@")[0]
    try:
        return pid.isdigit() and process_name(int(pid)) == name
    except ProcessLookupError:
        return False


@cache
def machine_name() -> str:
    """Six letters for where pids are counted: this machine, or this container on it."""
    namespace = _NAMESPACE.stat().st_ino if _NAMESPACE.exists() else 0
    return hashlib.sha256(f"{platform.node()} {namespace}".encode()).hexdigest()[:6]


def _asked_of_psutil(pid: int) -> str:
    import psutil

    try:
        return f"{pid}@{psutil.Process(pid).create_time():.0f}"
    except psutil.Error:
        raise ProcessLookupError(pid) from None
