"""How a command ends that could not do its work: a sentence on what to do, and an exit code for each kind of cause."""

from __future__ import annotations

import errno
import sys
from enum import IntEnum

from django.core.management import execute_from_command_line
from django.db import DatabaseError

from learn.db import availability


class ExitCode(IntEnum):
    """Beside those of the commands themselves (README.md), for every command."""

    DATABASE = 7  # away, locked or in a deadlock: run it again
    DISK = 8  # full, or not to be written to
    CRASH = 9  # a fault of ours, or of the machine
    INTERRUPTED = 130


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
AGAIN = "What was finished by then is kept; run the same command again for the rest."


def main(arguments: list[str]) -> None:
    """Run the command of `arguments` (as sys.argv); with --traceback, errors come out as they are."""
    if "--traceback" in arguments:
        execute_from_command_line(arguments)
        return
    try:
        execute_from_command_line(arguments)
    except KeyboardInterrupt:
        _end(ExitCode.INTERRUPTED, f"Interrupted. {AGAIN}")
    except MemoryError:
        _end(
            ExitCode.CRASH, f"There is not enough memory. Give --jobs=1, where the command takes it. {AGAIN}"
        )
    except Exception as error:  # noqa: BLE001 whatever it is, a person reads it
        _end(*explained(error))


def explained(error: Exception) -> tuple[ExitCode, str]:
    """The exit code for an error, and what to tell whoever ran the command."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    cause = availability.reason(error) if isinstance(error, DatabaseError) else ""
    is_full = cause == "its disk is full" or (isinstance(error, OSError) and error.errno in NO_ROOM)
    if is_full:
        return (
            ExitCode.DISK,
            f"There is no room to write ({first}). Make some, then run the command again. {AGAIN}",
        )
    if cause == "it may not be written to":
        return (
            ExitCode.DISK,
            f"The database may not be written to ({first}). Give this account the right to. {AGAIN}",
        )
    if "deadlock" in first:
        return (
            ExitCode.DATABASE,
            f"Two writers of the database waited for each other, and this one gave way. {AGAIN}",
        )
    if cause == "it is damaged":
        return (
            ExitCode.DATABASE,
            f"The database is damaged ({first}). Restore the last backup; do not write to it.",
        )
    if availability.is_away(error):
        return (
            ExitCode.DATABASE,
            f"The database does not answer ({first}). See that it runs, then go on. {AGAIN}",
        )
    kind = type(error).__name__
    advice = (
        "This is a fault of the program: please report it, with what the same command says with --traceback."
    )
    return ExitCode.CRASH, f"{kind}: {first}\n{advice} {AGAIN}"


def _end(code: ExitCode, message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)
