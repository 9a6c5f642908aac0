"""Where the base is found, and what is refused."""

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tasks.config import load_config
from tasks.errors import IntegrityError, SetupError
from tasks.files import read_json, write_json
from tasks.model.base import find_base
from tasks.model.settings import BaseSettings

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def copied(tiny_base: BaseSettings, tmp_path: Path) -> BaseSettings:
    shutil.copytree(str(tiny_base.folder), tmp_path / "base")
    return replace(tiny_base, folder="base")


def test_the_embedded_base_comes_from_its_package_with_the_published_digest(tmp_path: Path) -> None:
    base = load_config(REPOSITORY / "params.yaml").base
    folder = find_base(base, tmp_path)
    assert base.sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (folder / "model.safetensors").is_file()


def test_a_wrong_digest_is_refused_with_both_digests(copied: BaseSettings, tmp_path: Path) -> None:
    wrong = replace(copied, sha256="0" * 64)
    with pytest.raises(IntegrityError) as caught:
        find_base(wrong, tmp_path)
    assert copied.sha256 in str(caught.value)
    assert "0" * 64 in str(caught.value)


def test_one_flipped_byte_of_the_base_is_refused(copied: BaseSettings, tmp_path: Path) -> None:
    weights = tmp_path / "base" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(IntegrityError, match="sha256"):
        find_base(copied, tmp_path)


def test_weights_that_are_no_safetensors_are_refused_though_their_digest_is_right(
    copied: BaseSettings, tmp_path: Path
) -> None:
    weights = tmp_path / "base" / "model.safetensors"
    weights.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(IntegrityError, match="is no safetensors file"):
        find_base(replace(copied, sha256=sha256(weights.read_bytes()).hexdigest()), tmp_path)


def test_pickled_weights_alone_are_refused_by_name(copied: BaseSettings, tmp_path: Path) -> None:
    (tmp_path / "base" / "model.safetensors").rename(tmp_path / "base" / "pytorch_model.bin")
    with pytest.raises(IntegrityError, match=r"pytorch_model\.bin"):
        find_base(copied, tmp_path)


def test_a_base_that_brings_code_is_refused(copied: BaseSettings, tmp_path: Path) -> None:
    config = tmp_path / "base" / "config.json"
    write_json(config, read_json(config) | {"auto_map": {"AutoModel": "evil.Model"}})
    with pytest.raises(IntegrityError, match="auto_map"):
        find_base(copied, tmp_path)


def test_an_unknown_base_offline_says_where_to_put_it(
    tiny_base: BaseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def no_network(*_: object, **__: object) -> str:
        raise OSError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", no_network)
    with pytest.raises(SetupError, match=r"base\.folder"):
        find_base(replace(tiny_base, folder=None), tmp_path)


def test_the_hub_is_asked_for_safetensors_at_the_pinned_revision(
    tiny_base: BaseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    asked: list[dict[str, object]] = []

    def give(name: str, **options: object) -> str:
        asked.append({"name": name, **options})
        return str(tiny_base.folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", give)
    assert find_base(replace(tiny_base, folder=None), tmp_path) == Path(str(tiny_base.folder))
    assert asked[0]["name"] == "tiny/bert"
    assert asked[0]["revision"] == "0" * 40
    assert not any("bin" in pattern for pattern in asked[0]["allow_patterns"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", ["[]", "7", '"auto"', "{"])
@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_broken_config_is_refused_by_name(copied: BaseSettings, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "base" / name).write_text(content)
    with pytest.raises(IntegrityError, match=rf"/{name} is broken"):
        find_base(copied, tmp_path)


def test_a_base_without_its_config_is_incomplete(copied: BaseSettings, tmp_path: Path) -> None:
    (tmp_path / "base" / "config.json").unlink()
    with pytest.raises(IntegrityError, match=r"no config\.json"):
        find_base(copied, tmp_path)
