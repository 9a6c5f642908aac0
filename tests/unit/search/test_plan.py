"""A search is named by what it depends on, and only what is the same is gone on with."""

from pathlib import Path

import pytest
import yaml

from tasks.config import load_config
from tasks.errors import SettingsError
from tasks.paths import Paths
from tasks.search.plan import SearchPlan, plan_search

ROWS = {"train": "t", "val": "v"}
PARAMS = {
    "base": {"id": "a/b", "revision": "0" * 40, "sha256": "0" * 64},
    "ingest": {"path": "x.csv"},
    "finetune": {"strategy": {"kind": "lora"}},
}


def _plan(
    root: Path, *, resume: bool, rows: dict[str, str] = ROWS, epochs: int = 2, space: Path | None = None
) -> SearchPlan:
    paths = Paths(root)
    values = PARAMS | {"finetune": {"strategy": {"kind": "lora"}, "epochs": epochs}}
    paths.params.write_text(yaml.safe_dump(values))
    return plan_search(paths, load_config(paths.params), rows, space=space, below={}, resume=resume)


def test_the_newest_search_is_gone_on_with(tmp_path: Path) -> None:
    started = _plan(tmp_path, resume=False)
    started.remember(Paths(tmp_path))
    assert _plan(tmp_path, resume=True).name == started.name


def test_a_search_of_other_settings_or_rows_is_not_gone_on_with(tmp_path: Path) -> None:
    _plan(tmp_path, resume=False).remember(Paths(tmp_path))
    with pytest.raises(SettingsError, match="are not those of search"):
        _plan(tmp_path, resume=True, epochs=3)
    with pytest.raises(SettingsError, match="are not those of search"):
        _plan(tmp_path, resume=True, rows=ROWS | {"val": "w"})


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}"])
def test_a_file_with_nothing_in_it_is_a_mistake_and_not_the_default_space(text: str, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(text)
    with pytest.raises(SettingsError, match="must hold keys"):
        _plan(tmp_path, resume=False, space=tmp_path / "space.yaml")
    with pytest.raises(SettingsError, match="is missing or no file"):
        _plan(tmp_path, resume=False, space=tmp_path)
