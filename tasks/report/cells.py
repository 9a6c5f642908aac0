"""values → what a cell of a page shows: escaped against spreadsheets and terminals, and readable"""

import unicodedata
from typing import Any

from markupsafe import Markup

_FORMULA_STARTS = ("=", "+", "-", "@")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_EMOJI_JOINERS = "\u200d\ufe0f"  # harmless, and emoji fall apart without them


def safe_text(value: Any, limit: int = 400) -> str:
    """A person's text, fit to be shown: control and bidirectional characters made visible, formulas disarmed, cut.

    A text that a spreadsheet would run when the table is pasted into it (first visible character = + - @) gets an
    apostrophe before it. HTML is escaped later, by the template. The stored text stays as it is.
    """
    text = str(value)
    shown = "".join(_visible(character) for character in text[:limit])
    if len(text) > limit:
        shown += "…"
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_STARTS) else shown


def percent(value: float | None, digits: int = 1) -> str:
    """A share of one as a percentage: 0.123 → 12.3 %."""
    return "–" if value is None else f"{value * 100:.{digits}f}\u202f%"


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many digits after the point, or a dash if there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """A difference, its sign always shown (with a true minus, which no spreadsheet takes for a formula)."""
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", "−")


def points(difference: dict[str, float | None], digits: int = 1) -> str:
    """A difference of shares in percentage points with its interval: {"value", "low", "high"} → +1.2 [+0.3, +2.0]."""
    shares = (difference[key] for key in ("value", "low", "high"))
    value, low, high = (signed(None if share is None else share * 100, digits) for share in shares)
    return f"{value} [{low}, {high}]"


def judged(difference: dict[str, float | None]) -> Markup:
    """What a difference's interval says, in a sign and words; the model's favour is positive."""
    low, high = difference["low"], difference["high"]
    if low is None or high is None:
        return Markup('<span class="mark fail">✗ no number</span>')
    if low > 0:
        return Markup('<span class="mark pass">✓ better</span>')
    if high < 0:
        return Markup('<span class="mark fail">✗ worse</span>')
    return Markup('<span class="mark even">≈ may be chance</span>')


def scalar(value: Any) -> str:
    """A value of unknown kind, as short as it can be read."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, dict):
        return ", ".join(f"{scalar(each)} {safe_text(key)}" for key, each in value.items())
    if isinstance(value, float):
        return f"{value + 0.0:.4g}".replace("-", "−")  # adding zero turns -0 into 0
    return safe_text(value, 120)


def count(value: int | None) -> str:
    """A whole number with its thousands apart."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def digest(value: str | None, length: int = 12) -> str:
    """The first characters of a digest, enough to recognise it."""
    return str(value)[:length] if value else "–"


def _visible(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if unicodedata.category(character) in _HIDDEN and character not in _EMOJI_JOINERS:
        return f"\\u{ord(character):04x}"
    return character
