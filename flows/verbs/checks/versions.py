"""Python and the packages: are they there, are they those of the lock, and not a pair known to break?"""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from flows.verbs.checks import Check
from tasks.paths import Paths

OLDEST_PYTHON = (3, 11)
BROKEN_PAIRS = (
    ("fastapi", ">=0.139,<0.150", "from 0.151 Prefect 3.8's server does not start, or answers 422"),
    ("sqlalchemy", ">=2.0.40,<2.1", "on 2.1 Prefect's schedules never fire, while its health stays green"),
    ("prefect", ">=3.8,<3.9", "finetrace is tested with 3.8 only"),
    ("mlflow", ">=3.17,<3.18", "finetrace is tested with 3.17 only"),
)
"""Package, the versions that work, what happens with others."""
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;#]+)", re.MULTILINE)


def run(paths: Paths) -> Iterator[Check]:
    """Python, the lock, the pairs."""
    yield check_python(sys.version_info[:3])
    lock = paths.root / "constraints.txt"
    yield check_lock(lock, installed_versions())
    for name, works, why in BROKEN_PAIRS:
        yield check_pair(name, works, why, installed_versions())


def check_python(version: tuple[int, ...]) -> Check:
    """Is this Python new enough?"""
    shown = ".".join(str(part) for part in version)
    if version >= OLDEST_PYTHON:
        return Check("python", "ok", shown)
    return Check("python", "fail", f"{shown} is too old", "Install Python 3.11 or newer, remove .venv, `make setup`.")


def check_lock(lock: Path, installed: Mapping[str, str]) -> Check:
    """Do the installed versions equal those of constraints.txt? `installed`: normalised name → version."""
    if not lock.exists():
        return Check("versions", "warn", f"{lock.name} is missing", "Restore it: git checkout constraints.txt")
    pinned = {_normalised(name): version for name, version in _PINNED.findall(lock.read_text(encoding="utf-8"))}
    missing = sorted(_own_requirements() - installed.keys())
    other = sorted(
        f"{name} {installed[name]} (lock: {version})"
        for name, version in pinned.items()
        if name in installed and Version(installed[name]).public != Version(version).public
    )
    mend = "make setup"
    if missing:
        return Check("versions", "fail", f"not installed: {', '.join(missing)}", mend)
    if other:
        return Check("versions", "warn", f"differ from the lock: {', '.join(other[:8])}", mend)
    return Check("versions", "ok", f"{len(pinned)} packages as in {lock.name}")


def check_pair(name: str, works: str, why: str, installed: Mapping[str, str]) -> Check:
    """Is this package's version one that works with the others?"""
    version = installed.get(name)
    if version is None:
        return Check(name, "fail", "not installed", "make setup")
    if Version(version).public in SpecifierSet(works):
        return Check(name, "ok", version)
    return Check(name, "fail", f"{version}: {why}", f"pip install '{name}{works}'")


def installed_versions() -> dict[str, str]:
    """Normalised name → version of every installed distribution."""
    return {_normalised(each.name): each.version for each in metadata.distributions()}


def _own_requirements() -> set[str]:
    """What finetrace itself asks for."""
    try:
        required = metadata.requires("finetrace") or []
    except metadata.PackageNotFoundError:
        return {"finetrace"}
    return {_normalised(re.split(r"[<>=!~ ;\[]", each, maxsplit=1)[0]) for each in required if "extra ==" not in each}


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
