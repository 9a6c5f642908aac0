"""A registered version's statement and its place in the ledger."""

import json
from typing import Any

import pytest

from tasks.digest import sha256_of_file
from tasks.errors import IntegrityError
from tasks.files import write_json
from tasks.lineage.kept import STATEMENT_TAG, read_statement
from tasks.lineage.ledger import read_ledger
from tasks.lineage.sbom import make_sbom
from tasks.model.manifest import verify_model
from tasks.register.champion import PACKAGE_DIGEST, find_version
from tasks.register.package import MANIFEST
from tasks.register.stage import run
from tasks.tracking import open_store
from tasks.tracking.download import download


def register(workspace: Any) -> Any:
    """The version, as MLflow gives it, and the store."""
    told = run(workspace.paths, register=workspace.register, base=workspace.base, settings=workspace.settings)
    store = open_store(workspace.paths)
    return store, store.client.get_model_version("tiny", str(told["version"]))


def test_the_statement_names_every_file_of_the_version_by_its_bytes(workspace: Any) -> None:
    store, version = register(workspace)
    statement = read_statement(store, version).statement
    folder = download(store, "models:/tiny/1")
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    files = {name: file for name, file in files.items() if name not in (MANIFEST, "registered_model_meta")}
    assert statement.subject == {name: sha256_of_file(file) for name, file in files.items()}
    assert statement.model["package"] == version.tags[PACKAGE_DIGEST]
    assert statement.invocation["mlflow_run"] == version.run_id


def test_the_statement_names_data_base_settings_and_results(workspace: Any) -> None:
    store, version = register(workspace)
    statement = read_statement(store, version).statement
    test = workspace.paths.test.relative_to(workspace.paths.root).as_posix()
    assert statement.materials[test]["digest"]["sha256"] == sha256_of_file(workspace.paths.test)
    assert statement.materials["base"]["digest"] == {"sha256": workspace.base.sha256}
    assert statement.settings == json.loads(json.dumps(workspace.settings))
    assert statement.results["metrics"]["accuracy"]["value"] == 0.95
    assert {each["name"] for each in statement.results["gate"]} >= {"finite", "champion", "baseline"}


@pytest.mark.parametrize("told", [{"processes": 2}, {}], ids=["two", "of an older report"])
def test_the_statement_says_how_many_processes_trained(workspace: Any, told: dict[str, int]) -> None:
    write_json(workspace.paths.report("finetune"), {"model_digest": verify_model(workspace.paths.model)} | told)
    assert read_statement(*register(workspace)).statement.invocation["processes"] == told.get("processes", 1)


def test_files_kept_beside_the_statement_are_those_it_names(workspace: Any) -> None:
    store, version = register(workspace)
    kept = read_statement(store, version)
    assert {"params.yaml", "sbom.cdx.json"} <= set(kept.statement.kept_files)
    for name, digest in kept.statement.kept_files.items():
        assert sha256_of_file(kept.folder / name) == digest


def test_a_changed_statement_is_refused(workspace: Any) -> None:
    store, version = register(workspace)
    file = read_statement(store, version).folder / "statement.json"
    file.write_text(file.read_text().replace("tests/tiny", "tests/tinY"))
    with pytest.raises(IntegrityError, match="is not the one recorded"):
        read_statement(store, version)


def test_registering_is_entered_once_however_often_it_is_asked(workspace: Any) -> None:
    store, version = register(workspace)
    register(workspace)
    (workspace.paths.state / "registered.json").unlink()
    register(workspace)
    ledger = read_ledger(store, workspace.paths, "tiny")
    [entry] = ledger.chain.entries
    assert (entry.action, entry.version, entry.before, entry.after, entry.via) == ("register", 1, None, 1, "register")
    assert entry.evidence == {each: version.tags[each] for each in (STATEMENT_TAG, PACKAGE_DIGEST)}
    assert (ledger.is_applied, ledger.flaws) == (True, ())


def test_a_later_version_is_entered_and_moves_no_champion(workspace: Any) -> None:
    register(workspace)
    workspace.train(seed=1)
    workspace.evaluate(wrong=4)
    workspace.settings["finetune"]["seed"] = 1
    store, version = register(workspace)
    ledger = read_ledger(store, workspace.paths, "tiny")
    assert [(each.version, each.after) for each in ledger.chain.entries] == [(1, 1), (int(version.version), 1)]
    assert ledger.is_applied


def test_a_version_whose_entry_was_lost_to_a_kill_gets_it_at_the_next_run(workspace: Any, monkeypatch: Any) -> None:
    """Fault 2, between the version and the ledger."""

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("tasks.register.version.append", die)
        register(workspace)
    store, version = register(workspace)
    assert [each.version for each in read_ledger(store, workspace.paths, "tiny").chain.entries] == [1]
    assert (int(version.version), find_version(store, "tiny", "champion").version) == (1, 1)


def test_a_champion_alias_older_than_the_ledger_is_taken_over(workspace: Any) -> None:
    store, _ = register(workspace)
    store.client.delete_registered_model("tiny.ledger")
    store.client.delete_registered_model_tag("tiny", "finetrace.ledger")
    (workspace.paths.state / "registered.json").unlink()
    for file in (workspace.paths.state / "ledger").iterdir():
        file.unlink()
    register(workspace)
    [entry] = read_ledger(store, workspace.paths, "tiny").chain.entries
    assert (entry.before, entry.after) == (1, 1)


def change_tag(store: Any) -> None:
    store.client.set_model_version_tag("tiny.ledger", "1", "by", "eve")


def delete_ledger(store: Any) -> None:
    store.client.delete_registered_model("tiny.ledger")


@pytest.mark.parametrize("tamper", [delete_ledger, change_tag])
def test_a_ledger_that_was_tampered_with_stops_registering(workspace: Any, tamper: Any) -> None:
    store, _ = register(workspace)
    tamper(store)
    (workspace.paths.state / "registered.json").unlink()
    with pytest.raises(IntegrityError, match="tampered with"):
        register(workspace)


def test_the_bill_of_materials_is_the_same_bytes_for_the_same_packages() -> None:
    made = make_sbom()
    assert made == make_sbom()
    packages = {each["name"]: each["version"] for each in json.loads(made)["components"]}
    assert packages["torch"].startswith("2.13")
