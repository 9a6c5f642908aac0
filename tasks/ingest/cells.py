"""The value of a cell → the text it is kept as: a text, a number, a list of labels, of tokens, of tags or of spans."""

import json
import math
from collections.abc import Sequence
from typing import Any

SPAN_KEYS = ("start", "end", "label")
"""What a span holds, in the order it is written: its first character, the one after its last, its label."""

_KINDS = {bool: "true or false", dict: "an object", list: "a list", str: "a text", type(None): "null"}


def text_of(value: Any) -> str:
    """A text as it is; a list of tokens with one space between.

    Raises ValueError, which says what is wrong and what to do, for anything else.
    """
    if type(value) is str:
        return value
    if type(value) is not list:
        raise ValueError(f"{_kind(value)}, not a text; write it in quotes, or remove the row")
    if not value:
        raise ValueError("a list without a token; write the tokens, or remove the row")
    for token in value:
        if type(token) is not str:
            raise ValueError(f"a list with {_kind(token)} in it; write the tokens as texts")
        refuse_no_token(token, "the token")
    return " ".join(value)


def label_of(value: Any, classes: Sequence[str] | None = None) -> str:
    """A label's text: a text as it is, a number as short as it can be, a list as compact JSON.

    classes: names of labels that are given as whole numbers. Raises ValueError for anything else.
    """
    if type(value) is str:
        return value
    if type(value) in (int, float):
        return _number(value, classes)
    if type(value) is not list:
        raise ValueError(f"{_kind(value)}, not a text; write it in quotes, or remove the row")
    is_spans = bool(value) and type(value[0]) is dict
    items = [_span(each) if is_spans else _item(each, classes) for each in value]
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


def other_span_keys(value: Any) -> set[str]:
    """The keys of a list of spans that are not kept."""
    spans = value if type(value) is list else []
    return {key for span in spans if type(span) is dict for key in span} - {*SPAN_KEYS}


def refuse_no_token(word: str, what: str) -> None:
    """Raise ValueError for a token (or its tag) that would not be one after they are joined by spaces."""
    if not word:
        raise ValueError(f"{what} is empty; write it, or remove it")
    if any(map(str.isspace, word)):
        raise ValueError(f"{what} {word[:60]!r} holds a space; split it, or remove the space")


def _item(value: Any, classes: Sequence[str] | None) -> str:
    if type(value) in (int, float):
        return _number(value, classes)
    if type(value) is not str:
        raise ValueError(f"a list with {_kind(value)} in it; write a list of texts, one for each label or tag")
    if "\0" in value:  # JSON would hide it in an escape
        raise ValueError("a NUL character, which no text holds; remove it")
    return value


def _span(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError(f"a list of spans with {_kind(value)} in it; write objects with start, end and label")
    for key, (kind, wanted) in _SPAN_TYPES.items():
        if key not in value:
            raise ValueError(f"a span without {key!r}; write start, end and label")
        if type(value[key]) is not kind:
            raise ValueError(f"a span whose {key!r} is {_kind(value[key])}; write {wanted}")
    return {key: value[key] for key in SPAN_KEYS[:2]} | {"label": _item(value["label"], None)}


_SPAN_TYPES: dict[str, tuple[type, str]] = {
    "start": (int, "the place of its first character, from 0"),
    "end": (int, "the place after its last character"),
    "label": (str, "a text"),
}


def _number(value: float, classes: Sequence[str] | None) -> str:
    if classes is not None:
        if type(value) is not int or not 0 <= value < len(classes):
            raise ValueError(f"{value} is none of the {len(classes)} classes; remove the row (-1 means unlabelled)")
        return classes[value]
    if not math.isfinite(value):
        raise ValueError("a number that is not finite; write a number, or remove the row")
    return repr(value).removesuffix(".0")


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")
