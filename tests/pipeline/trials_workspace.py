"""A workspace with a tiny base, in which a training takes a second: for comparisons and searches."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import make_tiny_base
from tests.pipeline.conftest import Workspace, make_workspace

PARAMS = """\
# kept: the first line
base: {{id: tiny/bert, revision: "{revision}", sha256: {sha256}, folder: base, max_tokens: 32, threads: 1}}
ingest: {{path: data/raw/rows.csv}}
problem: {{}}
validate: {{label_errors: "off"}}
split: {{val: 0.3}}
augment: {{}}
finetune:
  strategy: {{kind: partial, layers: 1}}
  epochs: 2   # kept: passes
  batch_tokens: 256
  precision: float32
  calibrate: false
evaluate: {{resamples: 100}}
register: {{name: wishes, gate: {{beats_baseline: never}}}}
"""


def make_small(root: Path) -> Workspace:
    """Real stages on 150 easy rows."""
    workspace = make_workspace(root, fake=False)
    base = make_tiny_base(root / "base")
    (root / "params.yaml").write_text(PARAMS.format(revision=base.revision, sha256=base.sha256))
    return workspace


def told(workspace: Workspace, *arguments: str, **extra: str) -> dict[str, Any]:
    """What a command prints as JSON; it must end well."""
    done = workspace.finetrace(*arguments, "--json", **extra)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def finished(root: Path) -> dict[str, int]:
    """When each trial was finished, by its name."""
    return {file.parent.name: file.stat().st_mtime_ns for file in (root / "data/trials").glob("*/result.json")}
