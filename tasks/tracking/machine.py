"""What it ran on: hardware, threads, installed packages."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any


def read_machine() -> dict[str, Any]:
    """Processor, cores, memory, accelerators and threads. No host or user name."""
    import psutil

    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    } | _read_torch()


def read_environment() -> str:
    """Every installed package, `name==version` a line, sorted."""
    about = (each.metadata for each in metadata.distributions())  # read once: each look at it parses the file
    pins = {f"{each['Name']}=={each['Version']}" for each in about if each["Name"]}
    return "".join(f"{pin}\n" for pin in sorted(pins, key=str.lower))


def _read_torch() -> dict[str, Any]:
    """Threads and accelerators as torch sees them, if this process uses torch at all."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return {}
    count = torch.cuda.device_count()
    return {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "accelerators": [torch.cuda.get_device_name(index) for index in range(count)],
    }


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
