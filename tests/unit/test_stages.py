"""The few numbers on a stage's line."""

import pytest

from tasks.stages import headline


@pytest.mark.parametrize(
    ("stage", "numbers", "words"),
    [
        ("ingest", {"rows": 1231, "labels": 21}, "1,231 rows, 21 labels"),
        ("validate", {"rows_out": 1202, "quarantined": 29}, "1,202 rows usable, 29 set aside"),
        ("augment", {"rows": {"new": 0, "train": 1777, "out": 1777}}, "0 rows added to 1,777"),
        ("split", {"rows": {"train": 1777, "val": 187, "test": 238}}, "1,777 train / 187 val / 238 test"),
        (
            "finetune",
            {"score": "macro_f1", "best_val_score": 0.91234, "best_epoch": 4},
            "val macro F1 0.912 in epoch 4",
        ),
        (
            "finetune",
            {
                "score": "macro_f1",
                "best_val_score": 0.91234,
                "best_epoch": 4,
                "post": {"kind": "soup", "saved_as": "full"},
            },
            "val macro F1 0.912 by soup, full",
        ),
        (
            "evaluate",
            {"accuracy": 0.9, "intervals": {"accuracy": {"low": 0.8512, "high": 0.949}}},
            "accuracy 0.900 [0.851, 0.949]",
        ),
        (
            "finetune",
            {
                "score": "macro_f1",
                "best_val_score": 0.5,
                "best_epoch": 2,
                "rows": {"train": 1731, "val": 200},
                "texts_cut": {"train": 1500, "val": 180, "max_tokens": 128},
            },
            "val macro F1 0.500 in epoch 2, 1,680 of 1,931 texts cut at 128 tokens",
        ),
        (
            "evaluate",
            {
                "accuracy": 0.9,
                "intervals": {"accuracy": {"low": 0.8, "high": 1}},
                "rows": 100,
                "texts_cut": {"test": 7, "max_tokens": 64},
            },
            "accuracy 0.900 [0.800, 1.000], 7 of 100 texts cut at 64 tokens",
        ),
        (
            "evaluate",
            {
                "accuracy": 0.9,
                "intervals": {"accuracy": {"low": 0.8, "high": 1}},
                "rows": 100,
                "texts_cut": {"test": 0, "max_tokens": 64},
            },
            "accuracy 0.900 [0.800, 1.000]",
        ),
        ("register", {"line": "PASS"}, "PASS"),
    ],
)
def test_line_of_a_stage_shows_its_numbers(stage: str, numbers: dict[str, object], words: str) -> None:
    assert headline(stage, numbers) == words


def test_report_of_another_version_gives_no_words_and_no_error() -> None:
    assert headline("ingest", {"lines": 3}) == ""
