"""two commits → what git says lies between them"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tasks.lineage.statement import Statement

_MOST_LINES = 40
_DIRTY = "dirty.diff"


@dataclass(frozen=True)
class CodeChange:
    """The code of both versions."""

    commits: tuple[str, str]
    """"" where it was in no commit."""
    patches: tuple[str, str]
    """sha256 of what was changed since the commit, "" if nothing was."""
    stat: list[str]
    """`git diff --stat`, its last line the sum; [] if one of the commits is not here, or nothing differs."""
    why: str
    """Why there is no stat."""

    @property
    def is_same(self) -> bool:
        return self.commits[0] == self.commits[1] and self.patches[0] == self.patches[1]


def compare_code(root: Path, one: Statement, other: Statement) -> CodeChange:
    """The code of two versions; the repository at `root` is asked what lies between."""
    commits = one.commit, other.commit
    patches = one.kept_files.get(_DIRTY, ""), other.kept_files.get(_DIRTY, "")
    if not all(commits) or commits[0] == commits[1]:
        return CodeChange(commits, patches, [], "" if all(commits) else "one of them was made outside of git")
    missing = [commit[:10] for commit in commits if not _is_here(root, commit)]
    if missing:
        return CodeChange(commits, patches, [], f"commit {', '.join(missing)} is not in this repository: git fetch")
    lines = _git(root, "diff", "--stat=100", "--no-color", "--no-ext-diff", *commits, "--").splitlines()
    cut = [*lines[:_MOST_LINES], " …", lines[-1]] if len(lines) > _MOST_LINES else lines
    return CodeChange(commits, patches, cut, "")


def _is_here(root: Path, commit: str) -> bool:
    return commit.isalnum() and _git(root, "cat-file", "-t", commit).strip() == "commit"


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "--no-optional-locks", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.decode("utf-8", "replace")
