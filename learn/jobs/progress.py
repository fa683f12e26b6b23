"""Shows the progress of a long command."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper

Progress = Callable[[int, int], None]  # items done, items to do

SECONDS_BETWEEN_LINES = 5  # where the output is no terminal


@contextmanager
def progress_on(stream: OutputWrapper, what: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A function to call with (done, total): draws a bar on a terminal, writes a line every few seconds elsewhere."""
    if quiet:
        yield lambda _done, _total: None
    elif stream.isatty():
        from rich.console import Console  # noqa: PLC0415 takes 50 ms, which a run without a terminal saves
        from rich.progress import Progress as Bar  # noqa: PLC0415

        # No thread of its own: the work behind it forks its workers.
        with Bar(console=Console(file=sys.stderr), auto_refresh=False, transient=True) as bar:
            task = bar.add_task(what, total=None)

            def show(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, refresh=True)

            yield show
    else:
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                stream.write(f"{what}: {done:,} of {total:,}", str)

        yield tell
