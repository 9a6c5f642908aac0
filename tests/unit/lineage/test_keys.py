"""A private key stays its owner's; what is trusted is an Ed25519 public key in infra/keys."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tasks.errors import IntegrityError, SettingsError
from tasks.lineage.keys import (
    PASSPHRASE_VARIABLE,
    key_file,
    key_id,
    make_key,
    public_pem,
    read_key,
    read_public,
    trust,
    trusted_folder,
    trusted_keys,
)
from tasks.paths import Paths


def test_key_lies_where_the_environment_says_else_in_the_home() -> None:
    assert key_file({"FINETRACE_SIGNING_KEY": "/k.pem", "HOME": "/h"}) == Path("/k.pem")
    assert key_file({"HOME": "/h"}) == Path("/h/.config/finetrace/signing.pem")
    assert key_file({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/finetrace/signing.pem")


def test_new_key_is_its_owners_alone_and_takes_no_other_ones_place(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "key.pem"
    made = make_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o077 == 0
    assert key_id(read_key(file).public_key()) == made
    before = file.read_bytes()
    with pytest.raises(SettingsError, match="is there already"):
        make_key(file)
    assert file.read_bytes() == before


def test_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    make_key(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_key(tmp_path / "key.pem")


def test_locked_key_opens_with_its_passphrase_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key.pem"
    made = make_key(file, "open sesame")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "open sesame")
    assert key_id(read_key(file).public_key()) == made
    for wrong in ("another", ""):
        monkeypatch.setenv(PASSPHRASE_VARIABLE, wrong)
        with pytest.raises(SettingsError, match=PASSPHRASE_VARIABLE):
            read_key(file)


def test_no_key_is_none_and_what_is_no_key_is_told(tmp_path: Path) -> None:
    assert read_key(tmp_path / "none.pem") is None
    (tmp_path / "text.pem").write_text("no key")
    (tmp_path / "text.pem").chmod(0o600)
    with pytest.raises(SettingsError, match="cannot be used"):
        read_key(tmp_path / "text.pem")


def test_trusted_key_is_found_by_its_id(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    made = make_key(tmp_path / "key.pem")
    file = trust(paths, read_key(tmp_path / "key.pem").public_key())
    assert file.parent == trusted_folder(paths)
    assert list(trusted_keys(paths)) == [made]
    assert public_pem(trusted_keys(paths)[made]) == file.read_text()


def test_private_key_of_somebody_is_never_trusted_nor_copied(tmp_path: Path) -> None:
    make_key(tmp_path / "key.pem")
    with pytest.raises(SettingsError, match="private key"):
        read_public(tmp_path / "key.pem")


def test_key_of_another_kind_or_no_key_is_refused(tmp_path: Path) -> None:
    other = generate_private_key(65537, 2048).public_key()
    (tmp_path / "rsa.pem").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(SettingsError, match="Ed25519"):
        read_public(tmp_path / "rsa.pem")
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(SettingsError, match="no public key"):
        read_public(tmp_path / "text.pem")


def test_broken_trusted_key_is_told_and_not_passed_over(tmp_path: Path) -> None:
    trusted_folder(Paths(tmp_path)).mkdir(parents=True)
    (trusted_folder(Paths(tmp_path)) / "ada.pem").write_text("broken")
    with pytest.raises(IntegrityError, match=r"ada\.pem"):
        trusted_keys(Paths(tmp_path))
