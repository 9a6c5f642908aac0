"""Freed memory goes back to the system."""

import gc
import subprocess
import sys
import weakref

from tasks.memory import give_back

CODE = """
import re
from tasks.memory import give_back
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
blocks = [b"x" * 60_000 for _ in range(4000)]
last = blocks.pop()  # at the end of the heap, so that what lies before it stays ours when freed
full = resident()
del blocks
freed = resident()
give_back()
print(full - freed < 100, freed - resident() > 100)
"""


def test_free_blocks_in_the_middle_of_the_heap_go_back() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


def test_what_holds_itself_alive_goes_back() -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    gc.disable()
    try:
        alive = weakref.ref(Circle())
        assert alive() is not None
        give_back()
        assert alive() is None
    finally:
        gc.enable()
