"""Tags ↔ spans of words, and how many of them are right."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tasks.scoring.bootstrap import Statistics

OUTSIDE = "O"
_PREFIXES = {"B": "B", "S": "B", "U": "B", "I": "I", "E": "I", "L": "I", "M": "I"}
"""IOB2, BIOES, BILOU and BMES are kept as IOB2."""
_WORD = re.compile(r"\w+|[^\w\s]")


class Span(NamedTuple):
    """Words `start` to before `end` are of one type."""

    start: int
    end: int
    type: str


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans of a sequence of tags, as conlleval reads them: I- after another type, or after O, begins one. A tag
    without prefix is a span of one word."""
    spans: list[Span] = []
    for place, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        if tag.startswith("I-") and spans and (spans[-1].end, spans[-1].type) == (place, tag[2:]):
            spans[-1] = spans[-1]._replace(end=place + 1)
        else:
            spans.append(Span(place, place + 1, tag[2:] if is_prefixed(tag) else tag))
    return spans


def repaired(tags: Sequence[str]) -> list[str]:
    """The same spans in legal IOB2: every span begins with B-."""
    legal: list[str] = []
    for tag in tags:
        before = legal[-1] if legal else OUTSIDE
        continues = tag.startswith("I-") and before in (f"B-{tag[2:]}", tag)
        legal.append(f"B-{tag[2:]}" if tag.startswith("I-") and not continues else tag)
    return legal


def read_tags(text: str, cell: str, *, repair: bool) -> tuple[str, str]:
    """The words of a text and their tags in IOB2, as tables keep them; what makes no sense stays as it is.

    cell: tags with space between, a JSON list of tags, or one of spans: {"start", "end", "label"} in characters.
    """
    listed = json_list(cell)
    if listed is not None and all(isinstance(each, dict) for each in listed):
        return tag_spans(text, listed) or (text, cell)
    tags = [iob2(str(tag)) for tag in (cell.split() if listed is None else listed)]
    words = text.split()
    if len(words) != len(tags):
        return text, " ".join(tags)
    return " ".join(words), " ".join(repaired(tags) if repair else tags)


def tag_spans(text: str, spans: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The text's words and their tags; None where a span does not begin and end at words, or two overlap."""
    words = list(_WORD.finditer(text))
    begins, ends = ({getattr(word, side)(): place for place, word in enumerate(words)} for side in ("start", "end"))
    tags = [OUTSIDE] * len(words)
    for span in spans:
        try:
            first, last, label = begins[span["start"]], ends[span["end"]], str(span["label"])
        except (KeyError, TypeError):
            return None
        if any(tag != OUTSIDE for tag in tags[first : last + 1]):
            return None
        tags[first : last + 1] = [f"B-{label}", *[f"I-{label}"] * (last - first)]
    return " ".join(word.group() for word in words), " ".join(tags)


def shown_spans(text: str, tags: Sequence[str]) -> list[dict[str, Any]]:
    """The spans of a text's words as ingest reads them: start and end in characters, label, and the text between."""
    words = list(re.finditer(r"\S+", text))
    found = []
    for span in spans_of(tags[: len(words)]):
        start, end = words[span.start].start(), words[span.end - 1].end()
        found.append({"start": start, "end": end, "label": span.type, "text": text[start:end]})
    return found


def marked_spans(text: str, tags: Sequence[str]) -> list[tuple[str, str]]:
    """The text cut where its spans begin and end: each piece with its span's label, "" outside."""
    pieces, at = [], 0
    for span in shown_spans(text, tags):
        pieces += [(text[at : span["start"]], ""), (span["text"], span["label"])]
        at = span["end"]
    return [piece for piece in (*pieces, (text[at:], "")) if piece[0]]


def span_counts(rows: Sequence[tuple[list[Span], list[Span]]]) -> tuple[np.ndarray, ...]:
    """Spans found, spans there are and spans answered, (N, types) float64 each. rows: true and answered spans."""
    types = sorted({span.type for pair in rows for spans in pair for span in spans})
    place = {each: number for number, each in enumerate(types)}
    counts = np.zeros((3, len(rows), max(1, len(types))))
    for row, (true, answered) in enumerate(rows):
        for which, spans in enumerate((set(true) & set(answered), true, answered)):
            for span in spans:
                counts[which, row, place[span.type]] += 1
    return counts[0], counts[1], counts[2]


def span_statistics(found: np.ndarray, there: np.ndarray, answered: np.ndarray) -> Statistics:
    """Span F1, precision and recall over all spans, and the mean F1 over types, as functions of the rows' weights."""

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        hits, true, said = weights @ found, weights @ there, weights @ answered
        f1 = _share(2 * hits, true + said)
        known = (true + said) > 0
        return {
            "span_f1": _share(2 * hits.sum(axis=1), (true + said).sum(axis=1)),
            "span_precision": _share(hits.sum(axis=1), said.sum(axis=1)),
            "span_recall": _share(hits.sum(axis=1), true.sum(axis=1)),
            "macro_span_f1": _share((f1 * known).sum(axis=1), known.sum(axis=1)),
        }

    return statistics


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def is_prefixed(tag: str) -> bool:
    return tag[:2] in ("B-", "I-")


def iob2(tag: str) -> str:
    """The tag in IOB2."""
    return f"{_PREFIXES[tag[0]]}-{tag[2:]}" if tag[1:2] == "-" and tag[0] in _PREFIXES else tag


def json_list(cell: str) -> list[Any] | None:
    """The list that a cell holds as JSON; None if it holds none."""
    try:
        found = json.loads(cell) if cell.startswith("[") else None
    except ValueError:
        return None
    return found if isinstance(found, list) else None
