"""Signatures over a text, as DSSE has them (github.com/secure-systems-lab/dsse, protocol.md)"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from tasks.digest import canonical_json
from tasks.lineage.keys import key_id

STATEMENT = "application/vnd.in-toto+json"
ENTRY = "application/vnd.finetrace.ledger-entry+json"


def sign(text: str, kind: str, key: Any) -> str:
    """The signatures of a text as kept: a JSON list of {keyid, sig}. key: an Ed25519 private key; None gives ""."""
    if key is None:
        return ""
    signed = base64.b64encode(key.sign(_encoded(text, kind))).decode()
    return canonical_json([{"keyid": key_id(key.public_key()), "sig": signed}])


def signers(text: str, kind: str, signatures: str, trusted: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Ids of the trusted keys that signed the text, and complaints: a signature that does not fit, or of a stranger."""
    if not signatures:
        return [], []
    good, complaints = [], []
    for keyid, signature in _parsed(signatures):
        key = trusted.get(keyid)
        if key is None:
            complaints.append(f"signed by {keyid[:16] or 'nobody'}, whose key is not in infra/keys")
        elif _fits(key, signature, _encoded(text, kind)):
            good.append(keyid)
        else:
            complaints.append(f"the signature of {keyid[:16]} does not fit")
    return good, complaints or ([] if good else ["the signatures cannot be read"])


def _encoded(text: str, kind: str) -> bytes:
    """PAE of DSSE v1: a signature for one kind of text never fits another."""
    body, kind_bytes = text.encode(), kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind_bytes), kind_bytes, len(body), body)


def _parsed(signatures: str) -> list[tuple[str, bytes]]:
    try:
        found = json.loads(signatures)
        return [(str(each["keyid"]), base64.b64decode(each["sig"], validate=True)) for each in found]
    except (ValueError, TypeError, KeyError, binascii.Error):
        return []


def _fits(key: Any, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
