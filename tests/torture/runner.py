"""Cases → which are held."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from tests.torture.case import Case, NotHeldError, check_told
from tests.torture.invariants import check_invariants
from tests.torture.place import Lab, Place


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    case: Case
    why: str
    """Why it is not held; "" if it is."""
    seconds: float

    @property
    def held(self) -> bool:
        return not self.why


def choose(cases: Sequence[Case], wanted: Sequence[str]) -> list[Case]:
    """The cases whose fault has one of these numbers, or whose sentence holds one of these words; all if none given."""
    chosen = [each for each in cases if not wanted or any(_is_meant(each, word) for word in wanted)]
    return sorted(chosen, key=lambda each: each.fault)


def run_cases(cases: Sequence[Case], lab: Lab, jobs: int) -> Iterator[Result]:
    """Results as they come, `jobs` cases at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run_case, case, number, lab) for number, case in enumerate(cases)]
        for future in as_completed(futures):
            yield future.result()


def run_case(case: Case, number: int, lab: Lab) -> Result:
    """Do one case in a place of its own, which is removed afterwards."""
    started = time.monotonic()
    place = Place(lab.root / f"{number:03}", lab)
    try:
        complaints = list(_complaints(case, place))
    finally:
        shutil.rmtree(place.folder, ignore_errors=True)
    return Result(case, "; ".join(complaints), time.monotonic() - started)


def _complaints(case: Case, place: Place) -> Iterator[str]:
    def act() -> None:
        check_told(case.act(place), case.exit_code)

    yield from _asked(act)
    yield from _asked(lambda: check_invariants(place))


def _asked(question: Callable[[], None]) -> Iterable[str]:
    """What is wrong, as a case tells it, or our own mistake: that is no case held either."""
    try:
        question()
    except NotHeldError as error:
        return [str(error)]
    except Exception as error:  # a broken case must show as not held, and the others must go on
        return [f"the case itself broke: {type(error).__name__}: {error}"]
    return []


def _is_meant(case: Case, word: str) -> bool:
    if word.isdigit():
        return case.fault == int(word)
    first, dash, last = word.partition("-")
    if dash and first.isdigit() and last.isdigit():
        return int(first) <= case.fault <= int(last)
    return word.casefold() in case.sentence.casefold()
