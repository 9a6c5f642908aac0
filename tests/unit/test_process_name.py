"""Who is still there."""

import os
import subprocess
import sys

import pytest

from tasks.process_name import is_alive, machine_name, process_name


def test_we_are_alive() -> None:
    assert process_name() == process_name(os.getpid())
    assert is_alive(process_name())


def test_a_process_that_has_ended_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = process_name(process.pid)
        assert is_alive(name)
    assert not is_alive(name)
    with pytest.raises(ProcessLookupError):
        process_name(process.pid)


@pytest.mark.parametrize(
    "name",
    ["", "nobody", "@1", f"{os.getpid()}@1", f"{os.getpid()}"],
    ids=["empty", "word", "start", "pid and start", "pid"],  # the same in each process that runs tests
)
def test_another_start_or_no_name_at_all_is_nobody_alive(name: str) -> None:
    assert not is_alive(name)


def test_a_machine_has_one_name_of_six_letters() -> None:
    assert machine_name() == machine_name()
    assert len(machine_name()) == 6
