"""A text and its signatures → what that is worth here"""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.lineage.chain import Line
from tasks.lineage.signature import ENTRY, signers


def judge_signature(
    what: str,
    text: str,
    kind: str,
    signatures: str,
    trusted: Mapping[str, Any],
    *,
    required: bool,
    others_signed: bool = False,
    older: str = "",
) -> list[Finding]:
    """One finding. others_signed: what was made together with it is signed, so that a missing signature was removed.
    older: why none can be asked of it, as it is older than the keys."""
    good, complaints = signers(text, kind, signatures, trusted)
    if any("does not fit" in each or "cannot be read" in each for each in complaints):
        return [broken(f"the signature of {what}", "; ".join(complaints))]
    if good:
        return [holds(f"{what} is signed by {', '.join(each[:16] for each in good)}")]
    if not signatures and others_signed:
        return [broken(f"the signature of {what}", "it is gone: what was made with it is signed")]
    if not signatures and older:
        return [unreached(f"who made {what}", older)]
    why = _unsigned(complaints, trusted)
    if required or (complaints and trusted):
        return [broken(f"the signature of {what}", why)]
    return [unreached(f"who made {what}", why)]


def first_signed(lines: Sequence[Line], trusted: Mapping[str, Any]) -> int | None:
    """The number of the first line that a trusted key has signed.

    What lines before it say cannot be changed since: it names the one before by its digest, and so on. Who takes
    signatures away from later ones leaves them later; who takes all away leaves no first one.
    """
    signed = (each.number for each in lines if signers(each.text, ENTRY, each.signatures, trusted)[0])
    return min(signed, default=None)


def before_keys(number: int, first: int | None) -> str:
    """Why a line of this number needs no signature; "" if it does."""
    if first is None or number >= first:
        return ""
    return f"written before keys were set up: line {first} was the first signed one"


def _unsigned(complaints: list[str], trusted: Mapping[str, Any]) -> str:
    if complaints:
        return "; ".join(complaints)
    return "it is not signed" if trusted else "it is not signed, and no key is trusted here (finetrace keys new)"
