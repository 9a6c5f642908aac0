"""Memory that is free, given back to the system."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def give_back() -> None:
    """Return what objects that hold one another alive, Arrow and the C library keep: hundreds of megabytes after a
    large step."""
    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; other systems give back by themselves
    if trim is not None:
        trim(0)


@contextmanager
def memory_that_goes_back() -> Iterator[None]:
    """For the length of the block Arrow's memory is the C library's, so that what it frees can be used by all others.

    Its own pool keeps 110 MB for itself after a step over a million rows, and is no faster there.
    """
    import pyarrow as pa

    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
