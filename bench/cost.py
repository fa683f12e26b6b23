"""Measures a command: time, processor and memory, with all the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLED_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processor in all processes, and the most memory they held together in MB."""

    seconds: float
    cpu: float
    memory: float
    output: str = ""


class CommandFailedError(Exception):
    """A measured command failed; the message is its output."""


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Cost:
    """Run `command` to its end and return its cost.

    Raises CommandFailedError where it fails.
    """
    started = time.monotonic()
    with subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        peak = _Peak(process.pid)
        output = process.stdout.read() if process.stdout else ""
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        memory = peak.stop()
    if process.returncode:
        raise CommandFailedError(f"{' '.join(map(str, command))}\n{output}")
    seconds = time.monotonic() - started
    return Cost(seconds, usage.ru_utime + usage.ru_stime, memory, output)


class _Peak(threading.Thread):
    """Watches the memory of a process and all below it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._peak, self._is_over = pid, 0.0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._is_over.wait(SAMPLED_EVERY):
            self._peak = max(self._peak, memory_of(self._pid))

    def stop(self) -> float:
        self._is_over.set()
        self.join()
        return self._peak


def memory_of(pid: int) -> float:
    """The memory of a process and all below it in MB; what processes share is counted once (PSS of Linux)."""
    total = 0.0
    waiting = [pid]
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        try:
            lines = (place / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
            for task in (place / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended meanwhile
    return total


def python(*arguments: str | Path) -> list[str]:
    """The command that runs Python with these arguments in the environment of this process."""
    return [sys.executable, *map(str, arguments)]
