"""Files that MLflow keeps, on this disk"""

import atexit
import shutil
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tasks.errors import IntegrityError
from tasks.tracking.store import Store


def download(store: Store, address: str) -> Path:
    """The files at models:/NAME/VERSION or at an artifact location: in place if they are on this disk, else a copy that
    goes when this process ends. Raises IntegrityError if they should be on this disk and are not.

    MLflow itself would look up a models:/ address in its ambient store and not in this one.
    """
    location = address
    if address.startswith("models:/"):
        name, version = address.removeprefix("models:/").split("/")
        location = store.client.get_model_version_download_uri(name, version)
    if urlsplit(location).scheme in ("", "file"):
        folder = Path(url2pathname(urlsplit(location).path))
        if not folder.is_dir():
            raise IntegrityError(f"{address}: its files should be in {folder}, which is no folder. Register it again.")
        return folder
    import mlflow.artifacts

    copy = mkdtemp(prefix="finetrace-download-")
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    found = mlflow.artifacts.download_artifacts(artifact_uri=location, tracking_uri=store.tracking_uri, dst_path=copy)
    return Path(found)
