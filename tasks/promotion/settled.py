"""The ledger with nothing unfinished in it, and the lock under which it is written to"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import Timeout

from tasks.errors import BusyError, ChampionMovedError
from tasks.lineage.chain import Chain, Head
from tasks.lineage.ledger import Ledger, read_ledger, refuse_bad_signatures
from tasks.paths import Paths
from tasks.promotion.champions import UNFIT
from tasks.promotion.effect import finish
from tasks.tracking import Store, store_lock

WAIT_SECONDS = 60.0


@contextmanager
def deciding(paths: Paths) -> Iterator[None]:
    """Hold the promotions of this store, as far as they are on this machine: a dead holder never blocks.

    The kernel's lock on an open file, so a dead process holds nothing, whoever has its pid now. Other machines are
    kept apart by the ledger. Raises BusyError after a minute.
    """
    lock = store_lock(paths, "promote")
    try:
        with lock.acquire(timeout=WAIT_SECONDS):
            yield
    except Timeout:
        raise BusyError(
            f"another promotion has held {lock.lock_file} for {WAIT_SECONDS:.0f} s. Wait until it ends, then ask again."
        ) from None


def settled_ledger(store: Store, paths: Paths, name: str) -> Ledger:
    """The ledger, once what was begun is finished. Raises IntegrityError if somebody changed it."""
    ledger = read_ledger(store, paths, name)
    ledger.refuse_flaws(name)
    refuse_bad_signatures(ledger, paths, name)
    return Ledger(ledger.chain, ledger.chain.head) if finish(store, name, ledger) else ledger


def head_to_follow(begun: Chain, now: Chain, becomes: int | None = None) -> Head:
    """The head after which a decision made at `begun` is entered. becomes: the version that it makes the champion.

    Entries that left the champion alone do not matter, but for those by which that version was found unfit or gone. If
    the champion moved meanwhile, or that happened, it is the old head: the entry is then void, and stays in the ledger
    as what was wanted and came too late.
    """
    later = now.entries[begun.head.seq :]
    moved = any(entry.before != entry.after for entry in later)
    unfit = any(entry.action in UNFIT and entry.version == becomes for entry in later)
    return begun.head if moved or unfit else now.head


def check_expected(chain: Chain, expected: int | None, name: str) -> None:
    """Raise ChampionMovedError if the champion is another than whoever asks believes."""
    if expected is not None and chain.champion != expected:
        raise ChampionMovedError(
            f"CHAMPION_MOVED: the champion of {name} is {f'v{chain.champion}' if chain.champion else 'none'}, not "
            f"v{expected}. Look (finetrace history), then ask again."
        )
