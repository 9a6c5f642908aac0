"""The plan as a person reads it."""

import io

from rich.console import Console

from flows.verbs.plan_table import print_plan


def test_every_value_and_every_conflict_is_shown() -> None:
    text = io.StringIO()
    plan = {
        "rows": {"train": 1200, "val": 30},
        "depths": [{"depth": 0, "learns": 0, "rate": 0.0}, {"depth": 7, "learns": 1154, "rate": 0.005}],
        "loop": None,
        "conflicts": ["epochs [x] has no effect"],
    }
    print_plan(Console(file=text, width=120, color_system=None), plan)
    told = text.getvalue()
    for words in ("train 1,200, val 30", "1,154", "0.005", "None", "! epochs [x] has no effect"):
        assert words in told
