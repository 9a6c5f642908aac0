"""A signature fits one text of one kind, by one key; whatever else is said with it is a complaint."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tasks.lineage.keys import key_id
from tasks.lineage.signature import ENTRY, STATEMENT, sign, signers

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ID = key_id(KEY.public_key())
TRUSTED = {ID: KEY.public_key()}


def test_signed_bytes_are_those_of_dsse() -> None:
    """Pre-authentication encoding of DSSE v1.0: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body."""
    kept = json.loads(sign("hello", STATEMENT, KEY))
    message = b"DSSEv1 28 application/vnd.in-toto+json 5 hello"
    KEY.public_key().verify(base64.b64decode(kept[0]["sig"]), message)
    assert kept[0]["keyid"] == ID


def test_trusted_signature_is_found_and_nothing_is_complained_of() -> None:
    assert signers("hello", STATEMENT, sign("hello", STATEMENT, KEY), TRUSTED) == ([ID], [])


def test_without_a_key_nothing_is_signed() -> None:
    assert sign("hello", STATEMENT, None) == ""
    assert signers("hello", STATEMENT, "", TRUSTED) == ([], [])


@pytest.mark.parametrize(("text", "kind"), [("hellO", STATEMENT), ("hello", ENTRY), ("", STATEMENT)])
def test_signature_fits_no_other_text_and_no_other_kind(text: str, kind: str) -> None:
    good, complaints = signers(text, kind, sign("hello", STATEMENT, KEY), TRUSTED)
    assert good == []
    assert complaints == [f"the signature of {ID[:16]} does not fit"]


def test_signature_of_a_stranger_counts_for_nothing() -> None:
    good, complaints = signers("hello", STATEMENT, sign("hello", STATEMENT, Ed25519PrivateKey.generate()), TRUSTED)
    assert good == []
    assert "infra/keys" in complaints[0]


def test_stranger_who_takes_a_trusted_name_does_not_fit() -> None:
    forged = json.loads(sign("hello", STATEMENT, Ed25519PrivateKey.generate()))
    forged[0]["keyid"] = ID
    assert signers("hello", STATEMENT, json.dumps(forged), TRUSTED)[0] == []


@pytest.mark.parametrize("kept", ["no json", "[]", "{}", '[{"keyid": "a"}]', '[{"keyid": 1, "sig": "***"}]', "[1]"])
def test_signatures_that_cannot_be_read_are_a_complaint(kept: str) -> None:
    good, complaints = signers("hello", STATEMENT, kept, TRUSTED)
    assert good == []
    assert complaints
