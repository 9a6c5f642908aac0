"""Train rows → how many new rows to make from each."""

from collections import Counter
from collections.abc import Sequence

from tasks.augment.settings import AugmentSettings


def new_rows_each(labels: Sequence[str], augment: AugmentSettings) -> list[int]:
    """For each row the number of new rows: `copies`, and what brings its label level with the largest.

    The rows of a label share alike; a remainder goes to its first rows.
    """
    sizes = Counter(labels)
    largest = max(sizes.values(), default=0) * (1 + augment.copies)
    amounts, done = [], Counter[str]()
    for label in labels:
        rows = sizes[label]
        has = rows * (1 + augment.copies)
        missing = min(largest, int(has * augment.max_balance_factor)) - has if augment.balance else 0
        amounts.append(augment.copies + missing // rows + (done[label] < missing % rows))
        done[label] += 1
    return amounts
