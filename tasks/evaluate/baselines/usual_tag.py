"""The most frequent tag of each word."""

from collections import Counter, defaultdict

from tasks.evaluate.baselines.rows import BaselineRows


class UsualTag:
    """What one gets by looking words up: each has the tag that it has most often in train, an unknown one O."""

    name = "usual_tag"
    title = "most frequent tag of the word"

    def answers(self, rows: BaselineRows) -> list[str]:
        """A tag for each word."""
        tags: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text, stored in zip(rows.train_texts, rows.train_labels, strict=True):
            for word, tag in zip(str(text).split(" "), stored.split(" "), strict=True):
                tags[word.casefold()][tag] += 1
        usual = {word: min((-rows, tag) for tag, rows in counts.items())[1] for word, counts in tags.items()}
        return [" ".join(usual.get(word.casefold(), "O") for word in str(text).split(" ")) for text in rows.test_texts]
