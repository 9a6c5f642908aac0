"""Numbers that are none never pass, however they got into the evaluation."""

import json
from typing import Any

import pytest

from tasks.register.stage import run
from tasks.tracking import open_store


def register(workspace, **changes: Any) -> dict[str, Any]:
    given = {"register": workspace.register, "base": workspace.base, "settings": workspace.settings}
    return run(workspace.paths, **(given | changes))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("finite", [True, False])
def test_a_metric_that_is_no_finite_number_is_refused_and_recorded(workspace, value: float, finite: bool) -> None:
    """Python's own json writes NaN and Infinity, and reads them."""
    file = workspace.paths.evaluation / "results.json"
    results = json.loads(file.read_text())
    results["metrics"]["accuracy"] = dict.fromkeys(("value", "low", "high"), value)
    file.write_text(json.dumps(results))
    verdict = register(workspace, register=workspace.with_gate(finite=finite))
    assert verdict["line"].startswith("FAIL accuracy not a number")
    assert ("accuracy not finite" in verdict["line"]) == finite
    assert (verdict["passed"], verdict["version"]) == (False, None)
    client = open_store(workspace.paths).client
    assert not client.search_model_versions("name = 'tiny'")
    run_of = client.get_run(verdict["run_id"])
    assert run_of.data.tags["gate"] == "failed"


def test_a_baseline_gain_that_is_no_number_is_refused(workspace) -> None:
    file = workspace.paths.evaluation / "results.json"
    results = json.loads(file.read_text())
    results["baselines"][0]["gain"]["accuracy"] = dict.fromkeys(("value", "low", "high"), float("nan"))
    file.write_text(json.dumps(results))
    verdict = register(workspace)
    assert "baseline: the difference from majority is no finite number" in verdict["line"]
    assert verdict["version"] is None
