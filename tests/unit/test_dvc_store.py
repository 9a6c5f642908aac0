"""An object by its md5: one reader of DVC's configuration, and nothing is given out whose bytes are not its name."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.digest import md5_of_file
from tasks.dvc_store import DvcStore, cache_folder, object_file, remote_address

NAME = "data/split/test.parquet"


@pytest.fixture(autouse=True)
def _no_settings_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))


def write(root: Path, name: str, text: str) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return root / name


def store(folder: Path, text: str) -> str:
    """An object with this content; its md5."""
    scratch = write(folder.parent, "scratch", text)
    md5 = md5_of_file(scratch)
    write(folder, f"files/md5/{md5[:2]}/{md5[2:]}", text)
    return md5


def test_cache_lies_where_the_nearest_configuration_says(tmp_path: Path) -> None:
    assert cache_folder(tmp_path) == tmp_path / ".dvc" / "cache"
    write(tmp_path, "global/config", "[cache]\n    dir = /shared\n")
    assert cache_folder(tmp_path) == Path("/shared")
    write(tmp_path, ".dvc/config", "[cache]\n    dir = ../../near\n")
    assert cache_folder(tmp_path) == tmp_path.parent / "near"
    write(tmp_path, ".dvc/config.local", "[cache]\n    dir = /mine\n")
    assert cache_folder(tmp_path) == Path("/mine")


def test_remote_is_the_default_one(tmp_path: Path) -> None:
    assert remote_address(tmp_path) == ""
    write(
        tmp_path,
        ".dvc/config",
        "[core]\n    remote = b\n['remote \"a\"']\n    url = /a\n['remote \"b\"']\n    url = b\n",
    )
    assert remote_address(tmp_path) == str(tmp_path / ".dvc" / "b")
    write(tmp_path, ".dvc/config.local", "['remote \"b\"']\n    url = s3://bucket/x\n")
    assert remote_address(tmp_path) == "s3://bucket/x"


@pytest.mark.parametrize("where", ["../kept here", "~/kept", "kept#1"])
def test_the_cache_is_where_dvc_itself_puts_it(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for arguments in (["init", "--no-scm", "-q"], ["config", "cache.dir", where]):
        subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=tmp_path, check=True)
    asked = [sys.executable, "-m", "dvc", "cache", "dir"]
    told = subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()
    assert cache_folder(tmp_path) == (tmp_path / told).resolve()


def test_a_file_is_found_in_the_workspace_by_its_md5(tmp_path: Path) -> None:
    file = write(tmp_path, NAME, "the rows")
    md5 = md5_of_file(file)
    assert DvcStore(tmp_path).find(NAME, md5) == file
    file.write_text("other rows")
    assert DvcStore(tmp_path).find(NAME, md5) is None


@pytest.mark.parametrize(
    ("file", "settings", "place"),
    [
        (".dvc/config", "", ".dvc/cache"),
        (".dvc/config", "[cache]\n    dir = ../shared\n['remote \"x\"']\n    url = /y\n", "shared"),
        ("global/config", "[cache]\n    dir = ../shared\n", "shared"),
        (".dvc/config", "['remote \"x\"']\n    url = ../far\n", "far"),
        (".dvc/config", "['remote \"x\"']\n    url = file:///nowhere\n['remote \"y\"']\n    url = ../far\n", "far"),
    ],
)
def test_else_in_cache_and_remotes_wherever_any_configuration_file_says(
    tmp_path: Path, file: str, settings: str, place: str
) -> None:
    write(tmp_path, file, settings)
    md5 = store(tmp_path / place, "the rows")
    found = DvcStore(tmp_path).find(NAME, md5)
    assert found is not None
    assert found.samefile(object_file(tmp_path / place, md5))


def test_an_object_with_other_bytes_is_not_taken(tmp_path: Path) -> None:
    md5 = store(tmp_path / ".dvc" / "cache", "the rows")
    object_file(tmp_path / ".dvc" / "cache", md5).write_text("poison")
    assert DvcStore(tmp_path).find(NAME, md5) is None


@pytest.mark.parametrize(("name", "md5"), [("", ""), (NAME, ""), ("", "a" * 32), (NAME, "../../x")])
def test_what_nobody_named_is_not_found(tmp_path: Path, name: str, md5: str) -> None:
    assert DvcStore(tmp_path).find(name, md5) is None
