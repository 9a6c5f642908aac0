"""The key that signs here, and the keys that are trusted here: Ed25519, in PEM"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError, SettingsError
from tasks.files import replacing
from tasks.paths import Paths

KEY_VARIABLE, PASSPHRASE_VARIABLE = "FINETRACE_SIGNING_KEY", "FINETRACE_SIGNING_PASSPHRASE"


def key_file(environ: Mapping[str, str] | None = None) -> Path:
    """Where this person's private key lies: FINETRACE_SIGNING_KEY, else in the folder for settings of their home."""
    found = os.environ if environ is None else environ
    if found.get(KEY_VARIABLE):
        return Path(found[KEY_VARIABLE])
    home = Path(found.get("XDG_CONFIG_HOME") or Path(found.get("HOME", "/")) / ".config")
    return home / "finetrace" / "signing.pem"


def make_key(file: Path, passphrase: str = "") -> str:
    """Write a new private key, readable by its owner alone; its id. Raises SettingsError if there is one already."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    if file.exists():
        raise SettingsError(f"{file} is there already: a new key would take its place. Move it away first.")
    key = Ed25519PrivateKey.generate()
    locked = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(file) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            output.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return key_id(key.public_key())


def read_key(file: Path) -> Any:
    """The private key, None if there is none. Raises SettingsError if it cannot be used."""
    if not file.exists():
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "").encode() or None
    if file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} can be read by others. Close it: chmod 600 {file}")
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{file} cannot be used ({error}). Is {PASSPHRASE_VARIABLE} right?") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{file} holds another kind of key than Ed25519. Make one: finetrace keys new")
    return key


def key_id(public: Any) -> str:
    """A public key's name: the sha256 of its 32 bytes, in hex."""
    return sha256(public.public_bytes_raw()).hexdigest()


def trusted_folder(paths: Paths) -> Path:
    """Public keys whose signatures are trusted, one file each; in git, so that trusting somebody is reviewed."""
    return paths.root / "infra" / "keys"


def public_pem(public: Any) -> str:
    """A public key as text."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def read_public(file: Path) -> Any:
    """The Ed25519 public key in a file. Raises SettingsError if it holds none; a private one is refused, unread."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content = file.read_bytes()
    if b"PRIVATE KEY" in content:
        raise SettingsError(f"{file} holds a private key, which never leaves its owner. Ask for: finetrace keys show")
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):  # its words are for who knows OpenSSL
        raise SettingsError(
            f"{file} holds no public key: a .pem file with one begins with -----BEGIN PUBLIC KEY-----. `finetrace keys "
            "show` prints yours."
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{file} holds another kind of key than Ed25519. `finetrace keys new` makes one.")
    return key


def trust(paths: Paths, public: Any) -> Path:
    """Write a public key among the trusted ones; its file."""
    file = trusted_folder(paths) / f"{key_id(public)[:16]}.pem"
    with replacing(file) as temporary:
        temporary.write_text(public_pem(public), encoding="utf-8")
    return file


def trusted_keys(paths: Paths) -> dict[str, Any]:
    """Key id → public key of everybody whose signature counts. Raises IntegrityError for a file that is no such key."""
    found: dict[str, Any] = {}
    for file in sorted(trusted_folder(paths).glob("*.pem")):
        try:
            key = read_public(file)
        except SettingsError as error:
            raise IntegrityError(f"A trusted key is broken: {error} Restore {file} from git, or remove it.") from None
        found[key_id(key)] = key
    return found
