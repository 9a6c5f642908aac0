"""Links lead somewhere, and settings and Python that pages show are those that there are."""

import ast
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import finetrace
from tasks.config import load_config
from tests.shown import DOCS, PAGES, ROOT, Block, blocks

MADE = {DOCS / name for name in ("decisions.md", "changelog.md", "contributing.md", "tutorials/notebook.md")}
"""Pages that the build makes."""
NOTEBOOK = DOCS / "tutorials" / "notebook.ipynb"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "DECISIONS.md"], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_a_page_lead_to_files_of_the_repository(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    files = [(page.parent / target).resolve() for target in targets if "://" not in target]
    assert [file for file in files if not file.exists() and file not in MADE] == []


def test_every_page_has_its_place_in_the_navigation() -> None:
    configuration = (ROOT / "infra" / "mkdocs.yml").read_text(encoding="utf-8")
    named = {DOCS / name for name in re.findall(r"^ +- (?:[^:\n]+: )?(\S+\.md)$", configuration, re.MULTILINE)}
    assert named == set(DOCS.rglob("*.md")) | MADE


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.place)
def test_shown_settings_are_settings(block: Block, tmp_path: Path) -> None:
    lines = yaml.safe_load(block.text)
    known = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for section, values in lines.items():
        known[section] = {**(known.get(section) or {}), **values}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(known), encoding="utf-8")
    load_config(tmp_path / "params.yaml")


def python_shown() -> list[Any]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [pytest.param(block.text, id=block.place) for block in blocks("python") if "reference" not in block.place]
    return code + [
        pytest.param("".join(each["source"]), id=each["id"]) for each in cells if each["cell_type"] == "code"
    ]


@pytest.mark.parametrize("code", python_shown())
def test_shown_python_calls_what_there_is(code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("finetrace."):
            function = getattr(finetrace, ast.unparse(node.func).removeprefix("finetrace."))
            given = {keyword.arg or "": None for keyword in node.keywords}
            inspect.signature(function).bind(*node.args, **given)
