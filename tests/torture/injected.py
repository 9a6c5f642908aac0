"""What a case puts into every Python of its commands, by a sitecustomize of its own: the product knows nothing of it"""

import os
from pathlib import Path

from tests.torture.place import Place

_AT_POINT = """
import importlib.abc, importlib.util, os, signal, sys

MODULE, FUNCTION, WHEN, WORD, COUNT = os.environ["TORTURE_POINT"].split(":")
FIRST = int(os.environ.setdefault("TORTURE_FIRST", str(os.getpid())))
calls = []

def act():
    ACT

def patch(module):
    owner, _, name = FUNCTION.rpartition(".")
    holder = getattr(module, owner) if owner else module
    function = getattr(holder, name)

    def deadly(*arguments, **keywords):
        meant = WORD in " ".join(map(str, arguments))
        calls.extend([1] if meant else [])
        if meant and WHEN == "before" and len(calls) == int(COUNT):
            act()
        given = function(*arguments, **keywords)
        if meant and WHEN == "after" and len(calls) == int(COUNT):
            act()
        return given

    setattr(holder, name, deadly)

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            patch(module)

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
"""
"""At TORTURE_POINT, `module:function:before or after:word in its arguments:how many calls`, something is done."""
KILL = _AT_POINT.replace("ACT", "[os.kill(process, signal.SIGKILL) for process in (FIRST, os.getpid())]")
"""SIGKILL to the process that is there and to the person's command: all others must see to themselves."""
FAIL = _AT_POINT.replace("ACT", 'raise RuntimeError(os.environ["TORTURE_WORDS"])')
"""An error that nobody foresaw."""
CLOCK = """
import ctypes, datetime, gc, os, time

AHEAD = float(os.environ["TORTURE_SECONDS"])
seconds, nanoseconds = time.time, time.time_ns
time.time = lambda: seconds() + AHEAD
time.time_ns = lambda: nanoseconds() + int(AHEAD * 1e9)

def now(cls, tz=None):
    return cls.fromtimestamp(time.time(), tz)

def utcnow(cls):
    return cls.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)

methods = gc.get_referents(datetime.datetime.__dict__)[0]  # of a type written in C, which takes none otherwise
methods |= {"now": classmethod(now), "utcnow": classmethod(utcnow)}
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
"""
"""The clock goes wrong by TORTURE_SECONDS."""


def injected(place: Place, name: str, text: str, **environment: str) -> dict[str, str]:
    """Additions to a command's environment that run `text` at the start of every Python."""
    folder = place.folder / "injected" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    path: list[str | Path] = [folder, *filter(None, [place.environment.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(map(str, path)), **environment}
