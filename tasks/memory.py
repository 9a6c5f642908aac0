"""Memory that is free, given back to the system."""

import ctypes


def give_back() -> None:
    """Return what Arrow and the C library keep for later use: after a large step it can be hundreds of megabytes."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; other systems give back by themselves
    if trim is not None:
        trim(0)
