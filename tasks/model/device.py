"""Which hardware does the arithmetic, and how exactly."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

EAGER_UP_TO_TOKENS = 256
"""On CPU, PyTorch's fused bf16 attention backward is several times slower than plain matrix products at short
lengths; see DECISIONS.md."""


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Knobs of glibc's mallopt(3), by number."""


def pick_device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps") if torch.backends.mps.is_available() else torch.device("cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 natively (AMX or AVX-512 BF16 on CPU, Ampere or later on CUDA)."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def pick_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype of matrix products for a `precision` of auto, bfloat16 or float32."""
    if precision == "auto":
        return torch.bfloat16 if has_bfloat16(device) else torch.float32
    return {"bfloat16": torch.bfloat16, "float32": torch.float32}[precision]


def pick_attention(device: torch.device, max_tokens: int) -> str:
    """transformers' name of the attention implementation that is fastest here."""
    return "eager" if device.type == "cpu" and max_tokens <= EAGER_UP_TO_TOKENS else "sdpa"


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Compute with `count` CPU threads: another number gives other last bits, so it is pinned and recorded."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def kept_memory() -> Iterator[None]:
    """For the length of the block, memory that is freed stays with the process instead of going back to the system.

    A training asks for the same megabytes in every step; taken from the system each time, every 4 kB of them cost a
    page fault. Only glibc is asked; elsewhere nothing happens.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "mallopt"):
        yield
        return
    libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
    libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_THRESHOLD, 32 << 20)  # where glibc's own rule ends up at most
        libc.mallopt(M_TRIM_THRESHOLD, 64 << 20)
        libc.malloc_trim(0)
