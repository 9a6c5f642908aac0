"""The rules of the house, kept by machine: one word in six places, deps that equal imports, short files."""

import ast
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.retrain import STAGE_TASKS, StageName
from flows.written.reference import commands_reference, python_reference
from flows.written.schema import schema_text
from flows.written.settings_table import keys_table, kinds_table
from tasks.config import Config
from tasks.paths import Paths
from tasks.stages import ALL_STAGES, PUBLISHING, STAGES

ROOT = Path(__file__).resolve().parents[1]
DVC: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
SOURCES = [ROOT / "finetrace.py"] + [
    path for folder in ("flows", "tasks", "tests") for path in sorted((ROOT / folder).rglob("*.py"))
]
REFERENCE = ROOT / "infra" / "docs" / "reference"

PRODUCT = [path for path in SOURCES if not path.is_relative_to(ROOT / "tests")]

SHAPES_NOTHING = {"errors", "paths", "process_name", "settings", "offline", "stages", "tracking"}
"""Corridor that cannot change what a stage writes: words, names of places, stages and processes, types, switches,
MLflow's notes."""


def _path_from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tasks_imported_by(file: Path) -> set[str]:
    """Names below `tasks` that a file imports: tasks.model.files → model, tasks.table → table."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("tasks.")}
    return found


def code_of(word: str) -> Path:
    """The folder or file of a name below tasks."""
    folder = ROOT / "tasks" / word
    return folder if folder.is_dir() else folder.with_suffix(".py")


def code_behind(room: str) -> set[str]:
    """The room and the corridor it leans on, however deep, as paths in dvc.yaml."""
    reached, todo = set(), [room]
    while todo:
        word = todo.pop()
        if word in reached or word in SHAPES_NOTHING:
            continue
        reached.add(word)
        code = code_of(word)
        for file in [code] if code.is_file() else code.rglob("*.py"):
            todo += tasks_imported_by(file)
    return {code_of(word).relative_to(ROOT).as_posix() for word in reached}


def entries(stage: str, *kinds: str) -> dict[str, dict[str, Any]]:
    """Path → flags of a stage's entries of these kinds."""
    found: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        for each in DVC["stages"][stage].get(kind, []):
            found |= each if isinstance(each, dict) else {each: {}}
    return found


def test_one_word_names_folder_section_stage_task_and_choice() -> None:
    words = [*STAGES, PUBLISHING]
    assert list(DVC["stages"]) == list(STAGES)
    assert list(STAGE_TASKS) == words
    assert [each.name for each in STAGE_TASKS.values()] == words
    assert [each.task_run_name for each in STAGE_TASKS.values()] == words
    assert list(StageName.__args__) == words  # type: ignore[attr-defined]
    assert set(words) <= {each.name for each in fields(Config)}  # type: ignore[arg-type]
    for word in words:
        assert (ROOT / "tasks" / word / "settings.py").is_file()
        assert (ROOT / "tasks" / word / "stage.py").is_file()


@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_by_its_name_reads_its_sections_and_leaves_its_report(stage: str) -> None:
    assert DVC["stages"][stage]["cmd"] == f"python -m tasks {stage}"
    assert sorted(DVC["stages"][stage]["params"]) == sorted(STAGES[stage].sections)
    assert DVC["stages"][stage]["desc"]
    paths = Paths(Path())
    expected = {getattr(paths, name).as_posix() for name in STAGES[stage].outputs} | {paths.report(stage).as_posix()}
    assert set(entries(stage, "outs", "metrics")) == expected


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_exactly_the_code_that_it_imports(stage: str) -> None:
    given = {dep for dep in entries(stage, "deps") if dep.startswith("tasks/")}
    assert given == code_behind(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_failing_stage_loses_no_output_and_every_stage_depends_on_the_lock(stage: str) -> None:
    assert all(flags.get("persist") for flags in entries(stage, "outs", "metrics").values())
    assert "constraints.txt" in entries(stage, "deps")


@pytest.mark.parametrize("path", PRODUCT, ids=_path_from_root)
def test_stages_are_listed_in_one_place(path: Path) -> None:
    if path == ROOT / "tasks" / "stages.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        words = {each.value for each in _elements(node) if isinstance(each, ast.Constant)}
        assert len(words & set(ALL_STAGES)) < 2, f"{path}:{node.lineno} lists stages; derive it from tasks.stages"


def _elements(node: ast.AST) -> list[ast.expr | None]:
    """What a display in the code holds; the keys of a dict."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return list(node.elts)
    return list(node.keys) if isinstance(node, ast.Dict) else []


def test_no_setting_reaches_a_shell() -> None:
    assert not [stage for stage in DVC["stages"].values() if "${" in str(stage["cmd"])]


def test_every_input_below_data_is_made_by_an_earlier_stage() -> None:
    made: set[str] = set()
    for stage in STAGES:
        assert {dep for dep in entries(stage, "deps") if dep.startswith("data/")} <= made
        made |= set(entries(stage, "outs", "metrics"))


def test_params_of_the_repository_hold_every_section_that_dvc_looks_for() -> None:
    given = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    assert {section for stage in STAGES.values() for section in stage.sections} <= given.keys()


def test_schema_of_settings_is_current() -> None:
    written = (ROOT / "infra" / "params.schema.json").read_text(encoding="utf-8")
    assert written == schema_text(), "run `make schema`"


def test_reference_of_settings_is_current() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    assert keys_table() in page, "run `make schema`"
    assert kinds_table() in page, "run `make schema`"
    assert all(f"`{kind}`" in kinds_table() for kind in ("lora", "by_epoch", "l2_sp", "focal", "word_swap"))


@pytest.mark.parametrize("page, made", [("commands", commands_reference), ("python", python_reference)])
def test_reference_of_commands_and_python_is_current(page: str, made: Callable[[], str]) -> None:
    assert made() in (REFERENCE / f"{page}.md").read_text(encoding="utf-8"), "run `make schema`"


def test_readme_is_short_enough_to_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_no_flow_hides_an_installed_package() -> None:
    installed = set(metadata.packages_distributions()) | set(sys.stdlib_module_names)
    assert not {path.stem for path in (ROOT / "flows").glob("*")} & installed - {"__init__", "__pycache__"}


def test_prefect_is_imported_in_flows_alone() -> None:
    outside = [path for path in SOURCES if path.is_relative_to(ROOT / "tasks")]
    assert not [path for path in outside if "prefect" in _imported_packages(path)]


def test_dvc_is_imported_in_one_place_and_a_command_everywhere_else() -> None:
    importing = [path.name for path in SOURCES if _imported_packages(path) & {"dvc", "dvc_data", "dvc_objects"}]
    assert importing == ["foreman.py"]


@pytest.mark.parametrize("path", SOURCES, ids=_path_from_root)
def test_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize(
    "path",
    PRODUCT,
    ids=_path_from_root,
)
def test_function_is_short_and_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert not [each.name for each in functions if (each.end_lineno or 0) - each.lineno >= 60]


def test_the_code_under_test_is_this_repository() -> None:
    import flows
    import tasks

    assert Path(str(tasks.__file__)).is_relative_to(ROOT)
    assert Path(str(flows.__file__)).is_relative_to(ROOT)


def _imported_packages(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {each.name.split(".")[0] for each in node.names}
    return found
