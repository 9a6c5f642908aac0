"""A space, settings and rows → a search, and its name"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.config import Config, read_yaml
from tasks.digest import sha256_of_value
from tasks.errors import SettingsError
from tasks.files import write_json
from tasks.paths import Paths
from tasks.search.space import Point, Space, as_plain, default_space, parse_space, patch_of
from tasks.settings import as_dict
from tasks.trials.patch import Patch, merged_lines, patched, whole_lines
from tasks.trials.trial import Trial, make_trial

SPACE = "space.json"


@dataclass(frozen=True)
class SearchPlan:
    """What may vary around which settings, for which rows; named by its content."""

    space: Space
    values: Mapping[str, Any]
    """params.yaml as parsed."""
    below: Patch
    """Lines put over it before any trial's: a preset chosen by --auto."""
    config: Config
    rows: Mapping[str, str]

    @property
    def name(self) -> str:
        """16 letters."""
        settings = [as_dict(self.config.finetune), as_dict(self.config.base)]
        return sha256_of_value([as_plain(self.space), settings, self.rows])[:16]

    def folder(self, paths: Paths) -> Path:
        """Where the results lie: search.json, report.html, patch.yaml."""
        return paths.data / "searches" / self.name

    def study_file(self, paths: Paths) -> Path:
        return paths.state / "search" / f"{self.name}.db"

    def lines(self, point: Point) -> Patch:
        """The lines of params.yaml for a point, each key whole. Raises SettingsError if they are no settings."""
        patch = _over(self.below, patch_of(point))
        patched(self.values, patch, self.words(point))
        return whole_lines(self.values, patch)

    def trial(self, point: Point) -> Trial:
        """The training of a point."""
        patch = _over(self.below, patch_of(point))
        return make_trial(patched(self.values, patch, self.words(point)), self.rows)

    def words(self, point: Point) -> str:
        """The point, short enough for a line."""
        return ", ".join(f"{key.rpartition('.')[2]} {_short(value)}" for key, value in point.items())

    def remember(self, paths: Paths) -> None:
        """Keep what --resume needs."""
        write_json(self.folder(paths) / SPACE, {"space": as_plain(self.space), "below": self.below})


def plan_search(
    paths: Paths, config: Config, rows: Mapping[str, str], *, space: Path | None, below: Patch, resume: bool
) -> SearchPlan:
    """The search over the space in a file, over the default one of the strategy, or the newest one again.

    Raises SettingsError for a mistake in the space; with rows, also if the newest one was made with others, or around
    other settings.
    """
    values = read_yaml(paths.params)
    if resume:
        raw, below, source = _newest(paths)
    else:
        raw, source = (_read_space(space), space.name) if space else (None, "")
    around = patched(values, below, "the chosen preset") if below else config
    merged = merged_lines(values, below)
    parsed = default_space(around) if raw is None else parse_space(raw, merged, source)
    plan = SearchPlan(parsed, values, below, around, rows)
    if resume and rows and plan.name != source:
        raise SettingsError(
            f"--resume: params.yaml or the rows are not those of search {source[:8]}, so scores would not compare. "
            "Restore them, or start a new search: finetrace search"
        )
    return plan


def _read_space(file: Path) -> Any:
    """What a file of a space holds; {} if that is nothing, which is not the same as no file."""
    if not file.is_file():
        raise SettingsError(
            f"{file} is missing or no file. Give one of keys with low and high, or choices; without one, finetrace "
            "search takes a space that suits the strategy."
        )
    raw = read_yaml(file)
    return {} if raw is None else raw


def _newest(paths: Paths) -> tuple[Any, Patch, str]:
    from tasks.files import read_json

    files = sorted((paths.data / "searches").glob(f"*/{SPACE}"), key=lambda file: file.stat().st_mtime)
    if not files:
        raise SettingsError("--resume: there is no search to go on with. Start one: finetrace search")
    kept = read_json(files[-1])
    return kept["space"], kept["below"], files[-1].parent.name


def _over(below: Patch, patch: Patch) -> Patch:
    """One patch over another, as one."""
    return {section: merged_lines(below, patch).get(section, {}) for section in (*below, *patch)}


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value.get("kind", value)) if isinstance(value, dict) else str(value)
