"""What the person asked the benchmark to do."""

from dataclasses import dataclass

from tests.bench.rows import DataSet


@dataclass(frozen=True)
class Options:
    """The same for every part."""

    data: DataSet
    rounds: int
    threads: int
    million: int
    """Rows of the big file."""
