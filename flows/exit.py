"""Whatever ends a command, as one line on stderr and one exit code."""

import logging
import os
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path

import typer
from typer.exceptions import Abort, TyperException

INTERRUPTED = 130


def run_app(app: typer.Typer, arguments: list[str]) -> int:
    """Run a command line; its exit code. --debug, wherever it stands, shows tracebacks."""
    _print_anything()
    debug = "--debug" in arguments
    if debug:
        os.environ["FINETRACE_DEBUG"] = "1"
        arguments = ["--debug", *(each for each in arguments if each != "--debug")]
    try:
        code = app(args=arguments, standalone_mode=False)
        return _stopped() if code == INTERRUPTED else int(code or 0)  # typer has caught Ctrl-C
    except TyperException as error:  # wrong usage
        return _show_usage(error)
    except (Abort, KeyboardInterrupt):
        return _stopped()
    except BrokenPipeError:  # our reader has had enough, as in `finetrace status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last resort: everything else is told in one line too
        return tell_failure(error, debug=debug)


def _print_anything() -> None:
    """What a terminal's encoding has no character for is shown as its number, and ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell_failure(error: Exception, *, debug: bool) -> int:
    """Tell what went wrong; its exit code. An unexpected error's traceback goes to a log."""
    from flows.redact import redact
    from tasks.errors import FinetraceError
    from tasks.full_disk import find_full_disk, full_disk

    trace = redact("".join(traceback.format_exception(error)))
    if debug:
        sys.stderr.write(trace)
    if isinstance(error, FinetraceError) and error.exit_code != 1:
        return _say(redact(_told(error)), error.exit_code)
    if words := find_full_disk(error):
        return _say(f"Setup: {redact(str(full_disk(words)))}", 7)
    log = _write_log(trace)
    first = next(iter(redact(str(error)).splitlines()), "no words")
    return _say(f"Unexpected {type(error).__name__}: {first}. {log}", 1)


def _show_usage(error: TyperException) -> int:
    show = getattr(error, "show", None)  # every kind that typer raises has it
    if show is None:
        return _say(str(error), error.exit_code)
    show()
    return error.exit_code


def _stopped() -> int:
    return _say("Stopped. What was finished is kept; run again to go on.", INTERRUPTED)


def _told(error: Exception) -> str:
    """The kind of error and what it says, but for one that begins with its kind: CHAMPION_MOVED is for programs too."""
    first = str(error).partition(":")[0].replace("_", "").lower()
    return str(error) if first == _kind(error).lower() else f"{_kind(error)}: {error}"


def _kind(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")


def _say(line: str, code: int) -> int:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.write(f"{line}\n")
    return code


def _write_log(trace: str) -> str:
    """Where the traceback lies, as a sentence."""
    folder = Path(os.environ.get("FINETRACE_ROOT", ".")) / ".finetrace"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        log = folder / "error.log"
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(trace)
    except OSError:
        return "Run again with --debug to see where."
    return f"The traceback is in {log}."
