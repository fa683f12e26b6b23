"""Where the processes of one server keep what they count, so that each of them can add up all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported
PREFIX = "quicktakes-metrics-"
MEMORY = Path("/dev/shm")  # noqa: S108 a folder of our own in it; a full disk cannot reach it


def begin() -> Path:
    """Make the folder of this server and its processes; remove those of servers that were killed."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for old in parent.glob(f"{PREFIX}*"):
        pid = old.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdecimal() and not is_running(int(pid)):
            shutil.rmtree(old, ignore_errors=True)  # one of another account stays
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
    os.environ[VARIABLE] = str(folder)
    return folder


def forget_ended(folder: Path) -> None:
    """Remove what processes that have ended said of their present; what they counted stays counted."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdecimal() and not is_running(int(pid)):
            path.unlink(missing_ok=True)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
