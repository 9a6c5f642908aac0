"""A comparison's files: comparison.json, patch.yaml, test.json, report.html"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_file
from tasks.files import read_json, replacing, write_json
from tasks.paths import Paths
from tasks.report.comparison_page import render_comparison
from tasks.trials.patch import Patch, as_yaml

RESULT, TEST, PAGE, PATCH = "comparison.json", "test.json", "report.html", "patch.yaml"


def read_results(folder: Path) -> dict[str, Any] | None:
    """The numbers of a comparison that has come to its end, if it has."""
    file = folder / RESULT
    return dict(read_json(file)) if file.exists() else None


def write_results(paths: Paths, folder: Path, result: dict[str, Any], lines: Patch) -> None:
    """Write all but the look at the test side, which is there already; the JSON last."""
    result["patch"] = (folder / PATCH).relative_to(paths.root).as_posix()
    result["lines"] = as_yaml(lines) if lines else ""
    with replacing(folder / PATCH) as temporary:
        temporary.write_text(
            f"# the winner of comparison {result['id']}: {result['winner']}\n{result['lines']}", "utf-8"
        )
    with replacing(folder / PAGE) as temporary:
        temporary.write_text(render_comparison(result), encoding="utf-8")
    result["page"] = (folder / PAGE).relative_to(paths.root).as_posix()
    write_json(folder / RESULT, result)


def read_test(folder: Path) -> dict[str, Any] | None:
    """What the one look at the test side gave, if it has been."""
    file = folder / TEST
    return dict(read_json(file)) if file.exists() else None


def looks_at_test(
    paths: Paths, folder: Path, candidate: str, seed: int, numbers: Mapping[str, Any], metrics: Sequence[str]
) -> dict[str, Any]:
    """Note the look, who looked, and how many comparisons have looked at the same test side by now.

    numbers: what evaluate reports; metrics: those of them that are kept.
    """
    rows = sha256_of_file(paths.test)
    others = [read_json(file) for file in sorted(folder.parent.glob(f"*/{TEST}"))]
    found = {
        "candidate": candidate,
        "seed": seed,
        "rows": numbers["rows"],
        "test_sha256": rows,
        "looks": 1 + sum(each.get("test_sha256") == rows for each in others),
        **{name: {"value": numbers[name], **numbers["intervals"][name]} for name in metrics},
    }
    write_json(folder / TEST, found)
    return found
