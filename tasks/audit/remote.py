"""The default DVC remote → the objects of a version there; those of a distant one are fetched if asked for"""

import tempfile
from pathlib import Path

from tasks.audit.objects import read_objects
from tasks.audit.witnesses import Place, Unreached
from tasks.dvc_store import remote_address
from tasks.masking import mask_url


def read_remote(root: Path, names: list[str], *, fetch: bool) -> Place | Unreached:
    """The objects called by these md5s."""
    address = remote_address(root)
    if not address:
        return Unreached("no DVC remote is set up")
    if "://" not in address:
        folder = Path(address)
        if not folder.is_dir():
            return Unreached(f"the DVC remote {address} is not there")
        return read_objects(folder, "the DVC remote", names)
    if not fetch:
        return Unreached(f"the DVC remote {mask_url(address)} is not on this machine (--remote fetches from it)")
    return _fetched(root, names, address)


def _fetched(root: Path, names: list[str], address: str) -> Place | Unreached:
    """The objects, fetched by DVC into a cache of their own and hashed there."""
    from tasks.audit.fetching import fetch_objects

    with tempfile.TemporaryDirectory(prefix="finetrace-remote-") as name:
        trouble = fetch_objects(root, names, Path(name))
        if trouble:
            return Unreached(f"{mask_url(address)}: {trouble}")
        return read_objects(Path(name) / "cache", "the DVC remote", names)
