import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from tasks.digest import md5_of_file
from tasks.errors import DataError, IntegrityError
from tasks.files import read_json, write_json
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.register.champion import find_version
from tasks.register.stage import run
from tasks.tracking import open_store


def register(workspace, **changes: Any) -> dict[str, Any]:
    given = {"register": workspace.register, "base": workspace.base, "settings": workspace.settings}
    return run(workspace.paths, **(given | changes))


def versions(workspace) -> list[Any]:
    found = open_store(workspace.paths).client.search_model_versions("name = 'tiny'")
    return sorted(found, key=lambda each: int(each.version))


def test_the_first_good_model_is_challenger_and_champion(workspace) -> None:
    verdict = register(workspace)
    assert verdict["line"].startswith("PASS accuracy 0.950 [0.910, 0.980], +0.200 over the best baseline (majority)")
    assert (verdict["passed"], verdict["version"], verdict["created"]) == (True, 1, True)
    assert verdict["aliases"] == ["challenger", "champion"]


def test_the_verdict_is_kept_as_a_report_and_shown_on_the_page(workspace) -> None:
    verdict = register(workspace)
    assert read_json(workspace.paths.report("register")) == json.loads(json.dumps(verdict))
    assert verdict["line"] in workspace.paths.report_page.read_text()


def test_the_version_says_where_it_comes_from(workspace) -> None:
    verdict = register(workspace)
    version = versions(workspace)[0]
    model = read_json(workspace.paths.model / "manifest.json")["digest"]
    assert version.run_id == verdict["run_id"]
    assert version.description.startswith("PASS accuracy 0.950")
    assert version.tags["finetrace.model_digest"] == model
    assert {version.tags[name] for name in ("gate", "strategy", "base.id")} == {
        "passed",
        "feature_extraction",
        "tests/tiny",
    }


def test_an_ensemble_becomes_champion_and_is_asked_again_for_the_next_candidate(workspace) -> None:
    workspace.train_ensemble(FeatureExtraction(), Full())
    truth = workspace.evaluate()
    first = register(workspace)
    assert first["aliases"] == ["challenger", "champion"]
    assert versions(workspace)[0].tags["strategy"] == "ensemble"
    workspace.train(seed=2)
    workspace.evaluate(truth)
    assert register(workspace)["champion"]["accuracy"] == pytest.approx(0.95)


def test_the_same_content_registers_once(workspace) -> None:
    first, second = register(workspace), register(workspace)
    assert second == first | {"created": False}
    assert len(versions(workspace)) == 1


def test_the_same_content_registers_once_even_if_the_workspace_forgot(workspace) -> None:
    first = register(workspace)
    workspace.paths.report("register").unlink()
    second = register(workspace)
    assert (second["version"], second["created"], second["run_id"]) == (1, False, first["run_id"])


def test_other_gate_settings_are_no_other_content(workspace) -> None:
    register(workspace)
    assert register(workspace, register=workspace.with_gate(min_accuracy=0.9))["created"] is False


def test_a_second_model_becomes_challenger_and_leaves_the_champion(workspace) -> None:
    register(workspace)
    workspace.train(seed=2)
    workspace.evaluate()
    verdict = register(workspace)
    assert (verdict["version"], verdict["aliases"]) == (2, ["challenger"])
    champion = find_version(open_store(workspace.paths), "tiny", "champion")
    assert champion is not None
    assert champion.version == 1


def test_the_champion_is_scored_again_on_this_test_set(workspace) -> None:
    """The first model's own answers are the truth; the second model's are not, so it falls behind."""
    truth = workspace.evaluate(wrong=0)
    register(workspace)
    workspace.train(seed=2)
    workspace.evaluate(labels=truth)
    verdict = register(workspace, register=workspace.with_gate(min_accuracy=None, min_macro_f1=None))
    assert verdict["champion"]["accuracy"] == 1.0
    assert {rule["name"] for rule in verdict["rules"] if rule["passed"] is False} == {"champion", "slices"}
    assert verdict["version"] is None


def test_a_refused_model_is_recorded_but_is_no_version(workspace) -> None:
    workspace.write_results(accuracy=0.4)
    verdict = register(workspace)
    assert verdict["line"].startswith("FAIL accuracy 0.400")
    assert "accuracy 0.400 < 0.5" in verdict["line"]
    assert (verdict["passed"], verdict["version"], versions(workspace)) == (False, None, [])
    run_of = open_store(workspace.paths).client.get_run(verdict["run_id"])
    assert run_of.data.tags["gate"] == "failed"


def test_the_runs_page_is_told(workspace) -> None:
    verdict = register(workspace)
    assert verdict["run_url"] == f"#/experiments/1/runs/{verdict['run_id']}?workflowType=machine_learning"


def test_rules_that_are_off_are_told(workspace) -> None:
    verdict = register(workspace, register=workspace.with_gate(max_ece=None, slice_tolerance=None))
    assert "(off: max_ece, slices)" in verdict["line"]
    assert versions(workspace)[0].tags["gate.off"] == "max_ece, slices"


def test_a_tampered_model_is_refused_and_nothing_registered(workspace) -> None:
    weights = workspace.paths.model / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(IntegrityError, match=r"weights\.safetensors"):
        register(workspace)
    assert versions(workspace) == []


def test_a_tampered_champion_is_refused(workspace) -> None:
    register(workspace)
    kept = next((workspace.paths.root / "mlartifacts" / "models").rglob("weights.safetensors"))
    kept.write_bytes(kept.read_bytes()[:-1] + b"\1")
    workspace.train(seed=2)
    workspace.evaluate()
    with pytest.raises(IntegrityError, match=r"weights\.safetensors"):
        register(workspace)
    assert len(versions(workspace)) == 1


def test_a_champion_whose_files_were_swapped_is_refused(workspace) -> None:
    """Another registered model's files agree with each other, but not with the version's tag."""
    register(workspace)
    first = workspace.paths.root / "mlartifacts" / "models"
    kept = next(first.iterdir()) / "artifacts"
    workspace.train(seed=2)
    workspace.evaluate()
    register(workspace)
    other = next(path for path in first.iterdir() if path != kept.parent) / "artifacts"
    shutil.rmtree(kept)
    shutil.copytree(other, kept)
    workspace.train(seed=3)
    workspace.evaluate()
    with pytest.raises(IntegrityError, match="differ from what was registered"):
        register(workspace)


def test_files_that_did_not_arrive_whole_become_no_version(workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(client: Any, model_id: str, local_dir: str) -> None:
        (Path(local_dir) / "requirements.txt").write_text("half")
        sent(client, model_id, local_dir)

    sent = MlflowClient.log_model_artifacts
    monkeypatch.setattr(MlflowClient, "log_model_artifacts", send)
    with pytest.raises(IntegrityError, match=r"requirements\.txt"):
        register(workspace)
    assert versions(workspace) == []


def test_registering_again_leaves_a_promoted_versions_aliases_alone(workspace) -> None:
    register(workspace)
    client = open_store(workspace.paths).client
    client.delete_registered_model_alias("tiny", "challenger")
    workspace.paths.report("register").unlink()
    assert register(workspace)["aliases"] == ["champion"]


def test_a_champion_that_finetrace_did_not_register_is_refused(workspace) -> None:
    client = open_store(workspace.paths).client
    client.create_registered_model("tiny")
    client.create_model_version("tiny", source=workspace.paths.model.as_uri())
    client.set_registered_model_alias("tiny", "champion", "1")
    with pytest.raises(IntegrityError, match="did not register it"):
        register(workspace)


def test_another_test_file_than_was_measured_is_refused(workspace) -> None:
    workspace.paths.test.write_bytes(workspace.paths.augmented.read_bytes())
    with pytest.raises(DataError, match="another test file"):
        register(workspace)


def test_a_broken_test_file_is_refused(workspace) -> None:
    workspace.paths.test.write_bytes(b"x" * 100)
    with pytest.raises(IntegrityError, match=r"test\.parquet"):
        register(workspace)


def test_a_model_that_was_not_measured_is_refused(workspace) -> None:
    """Trained again, evaluate not run: the old predictions are another model's."""
    workspace.train(seed=2)
    with pytest.raises(DataError, match="Run evaluate again"):
        register(workspace)
    assert versions(workspace) == []


def test_results_of_another_model_are_refused(workspace) -> None:
    results = workspace.paths.evaluation / "results.json"
    write_json(results, read_json(results) | {"model_digest": "0" * 64})
    with pytest.raises(DataError, match="evaluate measured model 0000"):
        register(workspace)


def test_models_measured_on_the_same_rows_are_found(workspace) -> None:
    register(workspace)
    store = open_store(workspace.paths)
    data = [{"dataset_name": "data/split/test.parquet", "dataset_digest": md5_of_file(workspace.paths.test)}]
    found = store.client.search_logged_models([store.experiment_id], "metrics.accuracy > 0.9", datasets=data)
    assert [each.name for each in found] == ["model"]


def test_a_kill_before_the_aliases_is_made_good(workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is there, its aliases are not."""
    with monkeypatch.context() as patch:
        patch.setattr("tasks.register.version._set_aliases", _killed)
        with pytest.raises(KeyboardInterrupt):
            register(workspace)
    verdict = register(workspace)
    assert (verdict["version"], verdict["aliases"]) == (1, ["challenger", "champion"])


def _killed(*arguments: Any) -> None:
    raise KeyboardInterrupt
