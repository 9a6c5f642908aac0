"""What a person reads about a version or a run in MLflow's pages, as markdown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.register.rules import Outcome
from tasks.targets import Target
from tasks.tracking.inputs import DataInput

_MARKUP = re.compile(r"([\\`*<>|]|\](?=\())")
_MAX_CHARACTERS = 4_900
"""MLflow keeps 5,000 of a version's description."""


@dataclass(frozen=True)
class Identity:
    """What the model was made from."""

    model_digest: str
    base: str
    base_sha256: str
    strategy: str
    code: str
    """Commit, with + if the files differed from it."""
    data: Sequence[DataInput]


def describe(
    line: str,
    metrics: Mapping[str, Mapping[str, float | None]],
    outcomes: Sequence[Outcome],
    identity: Identity,
    links: Mapping[str, str],
) -> str:
    """Verdict line, links, metrics, gate, identity. The first line is plain: lists show its first 30 characters."""
    linked = " · ".join(f"[{plain(name)}]({address})" for name, address in links.items())
    parts = [plain(line), linked, _metrics_table(metrics), _gate_table(outcomes), _identity_table(identity)]
    return "\n\n".join(part for part in parts if part)[:_MAX_CHARACTERS]


def plain(text: str) -> str:
    """A text in which nothing is markup, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def shown(value: float | None, digits: int) -> str:
    """A number with so many digits after the point; in words that it is none."""
    return "not a number" if value is None else f"{value:.{digits}f}"


def spoken_of(target: Target) -> list[str]:
    """The metrics that a person is told where there is room for few."""
    return list(dict.fromkeys((target.verdict, target.headline)))


def _metrics_table(metrics: Mapping[str, Mapping[str, float | None]]) -> str:
    rows = [
        f"| {plain(name)} | {shown(each['value'], 4)} | {shown(each['low'], 4)} – {shown(each['high'], 4)} |"
        for name, each in metrics.items()
    ]
    return "\n".join(["| metric (test) | value | interval |", "|---|---|---|", *rows])


def _gate_table(outcomes: Sequence[Outcome]) -> str:
    words = {True: "✓ passed", False: "✗ failed", None: "off"}
    rows = [f"| {plain(each.name)} | {words[each.passed]} | {plain(each.why[:200])} |" for each in outcomes]
    return "\n".join(["| gate | | why |", "|---|---|---|", *rows])


def _identity_table(identity: Identity) -> str:
    rows = {
        "model": f"`{identity.model_digest}`",
        "base": f"{plain(identity.base)}, weights `{identity.base_sha256[:16]}…`",
        "strategy": plain(identity.strategy),
        "code": f"`{identity.code}`",
    }
    for each in identity.data:
        count = f"{each.rows} rows, " if each.rows is not None else ""
        rows[f"{each.context} data"] = f"{plain(each.name)}, {count}md5 `{each.md5}`"
    return "\n".join(["| made from | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
