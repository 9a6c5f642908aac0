"""dvc.lock and dvc.yaml as kept → what must be where, by md5"""

from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tasks.dvc_store import outputs, parts, stages


def read_yaml(text: bytes | str) -> dict[str, Any]:
    """What DVC reads in its own files: YAML 1.2, where `off` is a word; {} if it is broken or no mapping."""
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def sources(lock: Mapping[str, Any]) -> dict[str, str]:
    """Path → md5 of everything that a stage read and none made: data as given, code."""
    made = outputs(lock)
    return {path: md5 for _, path, md5 in parts(lock, "deps") if path not in made}


def maker(lock: Mapping[str, Any], path: str) -> str:
    """The stage that made a file, or the first that read it."""
    for kind in ("outs", "deps"):
        for stage, each, _ in parts(lock, kind):
            if each == path:
                return stage
    return ""


def uncached(pipeline: Mapping[str, Any]) -> set[str]:
    """Outputs that dvc.yaml keeps out of the cache."""
    found: set[str] = set()
    for stage in stages(pipeline).values():
        for kind in ("outs", "metrics", "plots"):
            for each in stage.get(kind) or []:
                if isinstance(each, dict):
                    found |= {path for path, how in each.items() if isinstance(how, dict) and how.get("cache") is False}
    return found
