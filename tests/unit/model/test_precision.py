"""How exactly this hardware computes, and which way of attention it takes."""

import pytest
import torch

from tasks.model import device
from tasks.model.device import cpu_threads, pick_attention, pick_dtype

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(("has_it", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_is_bfloat16_where_the_hardware_has_it_and_a_word_is_taken_at_its_word(
    has_it: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "has_bfloat16", lambda _: has_it)
    assert pick_dtype("auto", CPU) == expected
    assert pick_dtype("bfloat16", CPU) == torch.bfloat16
    assert pick_dtype("float32", CPU) == torch.float32


@pytest.mark.parametrize(("avx512", "amx"), [(False, False), (True, False), (False, True)])
def test_a_cpu_has_bfloat16_by_either_of_two_sets_of_instructions(
    avx512: bool, amx: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert device.has_bfloat16(CPU) == (avx512 or amx)
    assert not device.has_bfloat16(torch.device("mps"))


def test_short_texts_on_a_cpu_are_attended_to_step_by_step() -> None:
    assert [pick_attention(CPU, length) for length in (8, 256, 257)] == ["eager", "eager", "sdpa"]
    assert pick_attention(CUDA, 8) == "sdpa"


def test_threads_are_as_asked_within_the_block_and_as_before_after_it() -> None:
    before = torch.get_num_threads()
    with cpu_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    with pytest.raises(ZeroDivisionError), cpu_threads(before + 2):
        raise ZeroDivisionError
    assert torch.get_num_threads() == before
