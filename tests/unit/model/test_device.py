"""What is asked of the allocator: seen in a process of its own, since a long-lived heap can be in any state."""

import subprocess
import sys

CODE = """
import resource, sys
from contextlib import nullcontext
import psutil, torch
from tasks.model.device import kept_memory
values = 1 << 24  # of float32: 16,384 pages, or 32 huge ones if the system makes them so
process = psutil.Process()
with kept_memory() if sys.argv[1] == "kept" else nullcontext():
    torch.ones(values)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(values - 4096)  # a little smaller, so that with its alignment it fits where the first one was
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    inside = process.memory_info().rss
print(faults, inside - process.memory_info().rss)
"""


def _faults_and_given_back(how: str) -> tuple[int, int]:
    done = subprocess.run([sys.executable, "-c", CODE, how], capture_output=True, text=True, check=True)
    faults, given_back = done.stdout.split()
    return int(faults), int(given_back)


def test_freed_memory_is_kept_within_the_block_and_given_back_after_it() -> None:
    if sys.platform != "linux":  # only glibc is asked
        return
    faults, given_back = _faults_and_given_back("kept")
    assert faults < 20
    assert given_back > 50e6


def test_without_the_block_each_use_of_memory_costs_page_faults() -> None:
    """The other test can fail: this is what it would see."""
    if sys.platform == "linux":
        assert _faults_and_given_back("as always")[0] >= 20
