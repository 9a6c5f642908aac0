"""md5s → the objects, fetched by DVC from the default remote into a cache of their own"""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

_SECONDS = 3_600.0


def fetch_objects(root: Path, names: list[str], folder: Path) -> str:
    """Fetch into `folder`/cache; what went wrong, "" if nothing did. root: the workspace whose remote it is."""
    (folder / ".dvc").mkdir()
    for file in ("config", "config.local"):
        if (root / ".dvc" / file).exists():
            shutil.copy(root / ".dvc" / file, folder / ".dvc" / file)
    local = folder / ".dvc" / "config.local"
    local.touch(mode=0o600)
    with local.open("a", encoding="utf-8") as output:  # a key given twice: the last counts
        output.write(f"\n[core]\n    no_scm = true\n    analytics = false\n[cache]\n    dir = {folder / 'cache'}\n")
    for number, name in enumerate(names):
        outs = [{"md5": name, "hash": "md5", "path": f"object-{number}"}]
        (folder / f"object-{number}.dvc").write_text(yaml.safe_dump({"outs": outs}), encoding="utf-8")
    command = [sys.executable, "-m", "dvc", "fetch"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return f"nothing came within {_SECONDS:.0f} seconds"
    if done.returncode == 0 or any((folder / "cache" / "files").rglob("*")):
        return ""  # what is not among the fetched is told object by object
    last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-1:]
    return (last[0] if last else "DVC cannot fetch")[:200]
