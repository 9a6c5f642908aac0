"""Which deliveries were taken: bounded, on disk, whatever lies in the file."""

from pathlib import Path

import pytest

from flows.serving.replays import KEPT_SECONDS, MOST, Replays, still_known


def test_only_what_could_come_again_is_kept() -> None:
    assert still_known({"old": 0.0, "new": KEPT_SECONDS + 1.0}, KEPT_SECONDS + 2.0) == {"new": KEPT_SECONDS + 1.0}


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    kept = still_known({str(number): number / MOST for number in range(MOST + 5)}, 1.0)
    assert len(kept) == MOST
    assert "0" not in kept
    assert str(MOST + 4) in kept


@pytest.mark.parametrize("content", ["{ broken", "[1, 2]", '{"a": "b"}'])
def test_broken_memory_counts_as_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "deliveries.json"
    file.write_text(content)
    assert Replays(file).claim("an id", 1.0)
    assert not Replays(file).claim("an id", 2.0)
