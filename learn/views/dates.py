"""Dates as the files ask for them: `date_format` is written in the tokens of moment.js.

No library in use writes these tokens; only those that a date in English prose needs are known here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

# The names are written out: strftime's would follow the locale of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


# Longer tokens stand before those that they begin with: https://momentjs.com/docs/#/displaying/format/
_TOKENS: dict[str, Callable[[dt.date], str]] = {
    "YYYY": lambda d: f"{d.year:04d}",
    "YY": lambda d: f"{d.year % 100:02d}",
    "MMMM": lambda d: _MONTHS[d.month - 1],
    "MMM": lambda d: _MONTHS[d.month - 1][:3],
    "MM": lambda d: f"{d.month:02d}",
    "M": lambda d: str(d.month),
    "dddd": lambda d: _WEEKDAYS[d.weekday()],
    "ddd": lambda d: _WEEKDAYS[d.weekday()][:3],
    "DD": lambda d: f"{d.day:02d}",
    "Do": lambda d: _ordinal(d.day),
    "D": lambda d: str(d.day),
}
_PATTERN = re.compile(rf"\[([^\]\[]*)\]|{'|'.join(_TOKENS)}")


def format_moment(date: dt.date, pattern: str) -> str:
    """Write `date` in the date tokens of moment.js: "MMM DD, YYYY" gives "Feb 08, 2025".

    | token | example of February 8, 2025 |
    | --- | --- |
    | YYYY, YY | 2025, 25 |
    | MMMM, MMM, MM, M | February, Feb, 02, 2 |
    | DD, Do, D | 08, 8th, 8 |
    | dddd, ddd | Saturday, Sat |

    Text in square brackets stands without them; whatever is no token stands as it is.
    """

    def replace(match: re.Match[str]) -> str:
        return _TOKENS[match[0]](date) if match[1] is None else match[1]

    return _PATTERN.sub(replace, pattern)
