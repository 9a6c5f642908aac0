"""What MLflow remembers of a training: the store, the live run, the finished run."""

from tasks.masking import mask_text, mask_url, mask_values
from tasks.tracking.complete import complete_run
from tasks.tracking.live import LiveRun, live_run
from tasks.tracking.runs import MODEL_DIGEST, ensure_run, find_run
from tasks.tracking.store import Store, init_store, open_store, registry_uri, store_lock, tracking_uri

__all__ = [
    "MODEL_DIGEST",
    "LiveRun",
    "Store",
    "complete_run",
    "ensure_run",
    "find_run",
    "init_store",
    "live_run",
    "mask_text",
    "mask_url",
    "mask_values",
    "open_store",
    "registry_uri",
    "store_lock",
    "tracking_uri",
]
