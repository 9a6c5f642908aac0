"""Which code made this: commit, branch, and what was changed since."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tasks.masking import mask_text

_SECRET_FILES = ("*.env", ".env*", "*.pem", "*.key", "id_rsa*", "id_ed25519*", "*credentials*", ".netrc", ".pypirc")
_EXCLUDED = [f":(exclude,glob)**/{name}" for name in _SECRET_FILES]
_MAX_UNTRACKED_FILES = 100
_MAX_UNTRACKED_BYTES = 200_000


@dataclass(frozen=True)
class CodeIdentity:
    """State of the git repository; empty texts where there is none."""

    commit: str = ""
    branch: str = ""
    diff: str = ""
    """Changes since the commit, new files included, secrets masked; empty if there are none."""

    @property
    def is_dirty(self) -> bool:
        return bool(self.diff)

    @property
    def name(self) -> str:
        """Short commit, with + if something was changed since."""
        return (self.commit[:10] + ("+" if self.is_dirty else "")) if self.commit else "not in git"


def read_code_identity(root: Path) -> CodeIdentity:
    """The state of the repository around `root`."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD").strip()
    if not commit:
        return CodeIdentity()
    return CodeIdentity(
        commit=commit,
        branch=_git(root, "rev-parse", "--abbrev-ref", "HEAD").strip(),
        diff=mask_text(_changes(root)),
    )


def _changes(root: Path) -> str:
    tracked = _git(root, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD", "--", ":/", *_EXCLUDED)
    names = _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", ".", *_EXCLUDED).split("\0")[:-1]
    return tracked + "".join(_added(root, name, position) for position, name in enumerate(names))


def _added(root: Path, name: str, position: int) -> str:
    """A new file's diff, or only its name when it is large, binary, or one of very many."""
    file = root / name
    small = file.is_file() and not file.is_symlink() and file.stat().st_size <= _MAX_UNTRACKED_BYTES
    if not small or position >= _MAX_UNTRACKED_FILES:
        return f"# new, content not kept: {name}\n"
    added = _git(root, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-index", "--", "/dev/null", name)
    return f"# new, content not kept: {name}\n" if "\nBinary files /dev/null and " in added else added


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "--no-optional-locks", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.decode("utf-8", "replace")
