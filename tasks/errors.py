"""What can go wrong, as a person is told it: one line, one exit code a branch.

FinetraceError            1  unexpected
├── SettingsError         2  a mistake in params.yaml or on the command line
├── GateError             3  a gate said no
├── DataError             4  bad data
├── IntegrityError        5  bytes are not those that were recorded
├── BusyError             6  somebody else holds the workspace
│   └── ChampionMovedError   somebody else changed the champion first
└── SetupError            7  a tool is missing, or two versions do not fit
"""


class FinetraceError(Exception):
    """A problem told to a person: what was wrong, where, what to do next."""

    exit_code = 1


class SettingsError(FinetraceError):
    """A mistake in params.yaml or on the command line."""

    exit_code = 2


class GateError(FinetraceError):
    """A gate refused the model."""

    exit_code = 3


class DataError(FinetraceError):
    """The data cannot be used as they are."""

    exit_code = 4


class IntegrityError(FinetraceError):
    """Bytes differ from the digest that was recorded for them, or are of a kind that is never loaded."""

    exit_code = 5


class BusyError(FinetraceError):
    """Another process holds the workspace."""

    exit_code = 6


class ChampionMovedError(BusyError):
    """Somebody else's entry came into the ledger first."""


class SetupError(FinetraceError):
    """A tool is missing, or two installed versions do not work together."""

    exit_code = 7


EXIT_CODES: dict[int, type[FinetraceError]] = {
    kind.exit_code: kind
    for kind in (FinetraceError, SettingsError, GateError, DataError, IntegrityError, BusyError, SetupError)
}
