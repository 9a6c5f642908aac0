"""What is asked of the hardware and of the allocator."""

import resource
import sys

import psutil
import torch

from tasks.model.device import kept_memory

MEGABYTES_64 = 1 << 24
"""Values of float32: 16,384 pages, or 32 huge ones if the system makes them so."""


def test_freed_memory_is_kept_within_the_block_and_given_back_after_it() -> None:
    if sys.platform != "linux":  # only glibc is asked
        return
    process = psutil.Process()
    with kept_memory():
        torch.ones(MEGABYTES_64)
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(MEGABYTES_64)
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
        inside = process.memory_info().rss
    assert faults < 20
    assert inside - process.memory_info().rss > 50e6
