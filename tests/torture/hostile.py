"""Files that try to run code when they are loaded: what they would do is make the canary."""

import io
import os
import pickle
import zipfile
from pathlib import Path


class _Bomb:
    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self._command,)


def pickled(canary: Path) -> bytes:
    """A pickle that makes the canary when it is loaded."""
    return pickle.dumps(_Bomb(f"touch '{canary}'"))


def torch_file(canary: Path) -> bytes:
    """The same as torch.save writes it: a zip archive with a pickle in it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(canary))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    return written.getvalue()


def skops_file(canary: Path) -> bytes:
    """A skops archive that names a function to call."""
    schema = (
        f'{{"__class__": "system", "__module__": "posix", "__loader__": "FunctionNode", "content": "touch {canary}"}}'
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("schema.json", schema)
    return written.getvalue()


def python_file(canary: Path) -> bytes:
    """A module that makes the canary when it is imported."""
    return f"open({str(canary)!r}, 'w').close()\n".encode()
