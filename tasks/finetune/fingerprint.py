"""Everything a training's result depends on: a checkpoint is used only if all of it is the same."""

import platform
from importlib.metadata import version
from typing import Any

from tasks.digest import code_digest
from tasks.finetune.start import Start
from tasks.settings import as_dict

PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "peft", "numpy")
FORMAT = 4
"""Raise it when a checkpoint holds something else, or the loop computes in another way."""
WITHOUT_EFFECT = ("checkpoint_steps", "cache_gigabytes")
"""Settings that change how often, not what: a training may go on under other ones."""


def make_fingerprint(start: Start, processes: int) -> dict[str, Any]:
    """Data, settings, base, code, versions and hardware, one key each, for telling what differs."""
    settings = {key: value for key, value in as_dict(start.settings).items() if key not in WITHOUT_EFFECT}
    return {
        **{f"finetune.{key}": value for key, value in settings.items()},
        **{f"version of {package}": version(package) for package in PACKAGES},
        "code of finetune": code_digest("finetune"),
        "target": as_dict(start.target),
        "train rows": start.train.digest,
        "val rows": start.val.digest,
        "base": start.base.sha256,
        "base.max_tokens": start.base.max_tokens,
        "base.threads": start.base.threads,
        "device": start.device.type,
        "dtype": str(start.dtype),
        "machine": platform.machine(),
        "processes": processes,
        "format": FORMAT,
    }
