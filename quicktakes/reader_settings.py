"""What readers may do and what is counted of it: the variables."""

from __future__ import annotations

from typing import NamedTuple

from . import variables


class OfReaders(NamedTuple):
    search_log: bool
    save_offline: bool
    count_reads: bool
    reads_from_logs: bool


def read(env: variables.Env) -> OfReaders:
    """The variables, with their defaults."""
    reads_from_logs = env.str("COUNT_READS", default="true").lower() == "logs"
    return OfReaders(
        # What visitors look for, as counts of texts per day, without anything that says who.
        search_log=env.bool("SEARCH_LOG", default=True),
        # Whether a browser may keep the answers that its reader saved, to show them without a network.
        save_offline=env.bool("SAVE_OFFLINE", default=True),
        # How often an article is read in a day, without anything that says who; “logs”: from a CDN's logs alone.
        count_reads=reads_from_logs or env.bool("COUNT_READS", default=True),
        reads_from_logs=reads_from_logs,
    )
