"""A text and its signatures → what that is worth here"""

from collections.abc import Mapping
from typing import Any

from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.lineage.signature import signers


def judge_signature(
    what: str,
    text: str,
    kind: str,
    signatures: str,
    trusted: Mapping[str, Any],
    *,
    required: bool,
    others_signed: bool = False,
) -> list[Finding]:
    """One finding. others_signed: what was made together with it is signed, so that a missing signature was removed."""
    good, complaints = signers(text, kind, signatures, trusted)
    if any("does not fit" in each or "cannot be read" in each for each in complaints):
        return [broken(f"the signature of {what}", "; ".join(complaints))]
    if good:
        return [holds(f"{what} is signed by {', '.join(each[:16] for each in good)}")]
    if not signatures and others_signed:
        return [broken(f"the signature of {what}", "it is gone: what was made with it is signed")]
    why = _unsigned(complaints, trusted)
    if required or (complaints and trusted):
        return [broken(f"the signature of {what}", why)]
    return [unreached(f"who made {what}", why)]


def _unsigned(complaints: list[str], trusted: Mapping[str, Any]) -> str:
    if complaints:
        return "; ".join(complaints)
    return "it is not signed" if trusted else "it is not signed, and no key is trusted here (finetrace keys new)"
