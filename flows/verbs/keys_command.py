"""`finetrace keys`: make a signing key, show it, trust somebody's"""

import os
import stat
from pathlib import Path

from rich.markup import escape

from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.errors import SettingsError
from tasks.lineage.keys import (
    PASSPHRASE_VARIABLE,
    key_file,
    key_id,
    make_key,
    public_pem,
    read_key,
    read_public,
    trust,
    trusted_keys,
)
from tasks.paths import Paths


def new_key(paths: Paths) -> None:
    """Make this person's key and trust it here."""
    file = key_file()
    made = make_key(file, os.environ.get(PASSPHRASE_VARIABLE, ""))
    trusted = trust(paths, read_key(file).public_key())
    locked = "locked by your passphrase" if os.environ.get(PASSPHRASE_VARIABLE) else "readable by you alone"
    console = make_console(stderr=False)
    console.print(
        f"[green]✓[/] key {made[:16]} is in {escape(str(file))}, {locked}. Keep a copy where nobody else looks."
    )
    console.print(
        f"[green]✓[/] it is trusted here: {escape(_shown(trusted, paths))}. Commit that file: others trust it then."
    )
    console.print("Next     finetrace run: statements and ledger entries are signed from now on")


def show_keys(paths: Paths, *, as_json: bool) -> None:
    """Print whose signature is made here, and whose are trusted."""
    file = key_file()
    key = read_key(file)
    own = key_id(key.public_key()) if key is not None else None
    trusted = sorted(trusted_keys(paths))
    if as_json:
        print_json(
            {"key": own, "file": str(file), "trusted": trusted, "public": public_pem(key.public_key()) if own else None}
        )
        return
    console = make_console(stderr=False)
    if key is None:
        console.print(f"no key in {escape(str(file))}: nothing is signed here (finetrace keys new)")
    else:
        note = "" if own in trusted else "  [yellow]! not trusted here[/]"
        console.print(f"signs    {own[:16] if own else ''}  {escape(str(file))}{note}")
        console.print(escape(public_pem(key.public_key())), end="")
    for each in trusted:
        console.print(f"trusted  {each[:16]}{'  (yours)' if each == own else ''}")
    if not trusted:
        console.print("trusted  nobody: the audit cannot tell who made a version")


def trust_file(paths: Paths, file: Path) -> None:
    """Trust the public key in a file. Raises SettingsError if it holds none."""
    if not file.is_file() or not stat.S_ISREG(file.stat().st_mode):
        raise SettingsError(
            f"{file} is no file. Name the .pem file with the public key (finetrace keys show prints yours)."
        )
    written = trust(paths, read_public(file))
    told = (
        f"{written.stem} is trusted here: {_shown(written, paths)}. Commit that file: trusting is reviewed like code."
    )
    make_console(stderr=False).print(f"[green]✓[/] {escape(told)}")


def _shown(file: Path, paths: Paths) -> str:
    return file.relative_to(paths.root).as_posix()
