"""Memory that is free, given back to the system."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager


def give_back() -> None:
    """Return what Arrow and the C library keep for later use: after a large step it can be hundreds of megabytes."""
    import pyarrow as pa

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
