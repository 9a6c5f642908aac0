"""What is answered without reading the text."""

from tasks.evaluate.baselines.rows import BaselineRows


class Majority:
    """The most frequent label, or set of labels, always; of numbers their mean."""

    name = "majority"
    title = "the usual answer, always"

    def answers(self, rows: BaselineRows) -> list[str]:
        """The same answer to each row."""
        return [rows.target.usual(rows.train_labels)] * len(rows.test_texts)
