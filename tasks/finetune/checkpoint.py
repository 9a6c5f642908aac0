"""Training put on disk so that it goes on, after a kill, to the very same bits.

<checkpoints>/<fingerprint>/fingerprint.json     what the training depends on
<checkpoints>/<fingerprint>/step-00000200/       weights, optimizer, random states, best weights,
                                                 what the strategy remembers, progress.json
                                  manifest.json  sha256 of each, written last: without it a checkpoint is incomplete
"""

import logging
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from tasks.digest import sha256_of_file, sha256_of_value
from tasks.errors import IntegrityError
from tasks.files import read_json, replacing, write_json

logger = logging.getLogger(__name__)
KEEP = 2
TENSORS = ("weights", "optimizer", "random", "best", "strategy")


class Checkpoints:
    """The checkpoints of one training, known by its fingerprint: everything that its result depends on."""

    def __init__(self, root: Path, fingerprint: dict[str, Any]) -> None:
        self._root = root
        self._fingerprint = fingerprint
        self.folder = root / sha256_of_value(fingerprint)[:16]

    def differences(self) -> list[str]:
        """How the newest training of another fingerprint differs from this one, a line each; empty if there is none."""
        others = [path for path in self._root.glob("*/fingerprint.json") if path.parent != self.folder]
        if not others:
            return []
        other = read_json(max(others, key=lambda path: path.stat().st_mtime))
        return [
            f"{key}: {_short(other.get(key))} then, {_short(self._fingerprint.get(key))} now"
            for key in sorted(other.keys() | self._fingerprint.keys())
            if other.get(key) != self._fingerprint.get(key)
        ]

    def save(self, step: int, progress: dict[str, Any], tensors: dict[str, dict[str, Tensor]]) -> None:
        """Write a checkpoint, whole or not at all, and drop all but the newest two."""
        if not (self.folder / "fingerprint.json").exists():
            write_json(self.folder / "fingerprint.json", self._fingerprint)
        with replacing(self.folder / f"step-{step:08d}") as temporary:
            temporary.mkdir()
            for name, values in tensors.items():
                save_file(values, temporary / f"{name}.safetensors")
            write_json(temporary / "progress.json", progress)
            digests = {path.name: sha256_of_file(path) for path in sorted(temporary.iterdir())}
            write_json(temporary / "manifest.json", digests)
        for old in self._steps()[:-KEEP]:
            shutil.rmtree(old)

    def newest(self) -> tuple[dict[str, Any], dict[str, dict[str, Tensor]]] | None:
        """Progress and tensors of the newest whole checkpoint, or None.

        An incomplete one is passed over with a warning that names it. Raises IntegrityError if a file of a complete
        one was changed.
        """
        for half in sorted(self.folder.glob(".tmp-*")):
            logger.warning("finetune: %s is a half-written checkpoint; passed over and removed.", half.name)
            shutil.rmtree(half)
        for folder in reversed(self._steps()):
            missing = _missing_files(folder)
            if missing:
                logger.warning("finetune: checkpoint %s lacks %s; passed over.", folder.name, ", ".join(missing))
                continue
            _check_digests(folder)
            tensors = {name: load_file(folder / f"{name}.safetensors") for name in TENSORS}
            return read_json(folder / "progress.json"), tensors
        return None

    def remove_all(self) -> None:
        """Drop every checkpoint, also those of other trainings: this one is done."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _steps(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))


def _missing_files(folder: Path) -> list[str]:
    wanted = [*(f"{name}.safetensors" for name in TENSORS), "progress.json"]
    return [name for name in ["manifest.json", *wanted] if not (folder / name).is_file()]


def _check_digests(folder: Path) -> None:
    wrong = _wrong_files(folder)
    if wrong:
        raise IntegrityError(
            f"CKPT_HASH_MISMATCH: {', '.join(wrong)} in checkpoint {folder.parent.name}/{folder.name} is not what was "
            f"written. Remove data/checkpoints/{folder.parent.name}/{folder.name} to go on from an older one."
        )


def _wrong_files(folder: Path) -> list[str]:
    try:
        recorded = read_json(folder / "manifest.json")
    except IntegrityError:
        return ["manifest.json"]
    if not isinstance(recorded, dict):
        return ["manifest.json"]
    present = {path.name for path in folder.iterdir()} - {"manifest.json"}
    changed = [name for name in sorted(present & recorded.keys()) if sha256_of_file(folder / name) != recorded[name]]
    return sorted(present ^ recorded.keys()) + changed


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
