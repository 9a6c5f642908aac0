"""When something is due, as a person writes it: the five fields of cron, and a time zone"""

import re
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMES = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "day of week": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}


def check_cron(text: str) -> str:
    """The same text. Raises ValueError that names the field which is no cron."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"a cron has five fields (minute hour day month weekday), not {len(fields)}")
    for field, (name, lowest, highest) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, name, lowest, highest) for part in field.split(",")):
            raise ValueError(f"{field!r} is no {name} of a cron ({lowest} to {highest}, *, a-b, */n, or a list)")
    return text


def check_zone(name: str) -> str:
    """The same name. Raises ValueError if the IANA database does not know it."""
    if name not in available_timezones():
        raise ValueError("no time zone of the IANA database (such as UTC or Europe/Vienna)")
    return name


Cron = Annotated[str, AfterValidator(check_cron)]
Zone = Annotated[str, AfterValidator(check_zone)]


def _is_part(part: str, name: str, lowest: int, highest: int) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = [_number(each, name, lowest) for each in span.split("-")]
    return len(ends) <= 2 and all(lowest <= each <= highest for each in ends) and ends == sorted(ends)


def _number(word: str, name: str, lowest: int) -> int:
    names = _NAMES.get(name, [])
    if word.lower() in names:
        return names.index(word.lower()) + lowest
    return int(word) if re.fullmatch(r"[0-9]{1,2}", word) else -1
