"""Switches that keep libraries from calling home or loading code, and quicken their imports; set before these."""

import gc
import os

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "GOMP_SPINCOUNT": "10000",  # waiting threads sleep soon: beside a busy neighbour, spinning is several times slower
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "OPENBLAS_NUM_THREADS": "1",  # the same sums on any number of cores, and no thread that a fork would lose
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking whether there is a GPU does not bar a fork from using it
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
_NEW_OBJECTS = 20_000
"""Python looks for garbage after so many. With its own 700 that was a sixth of the workshop's imports."""


def set_switches() -> None:
    """Set what the person has not set already."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
    if 0 < gc.get_threshold()[0] < _NEW_OBJECTS:  # 0: never, which somebody chose
        gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
