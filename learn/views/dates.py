"""Dates as the files ask for them: `date_format` is written in the tokens of moment.js."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

# https://momentjs.com/docs/#/displaying/format/: longest token first, text in [] as it stands. The names
# are written out here: strftime's would follow the locale of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _week_of_year(date: dt.date) -> int:
    """The week of moment's English locale: weeks begin on Sunday, the first one holds January 1."""
    return _locale_week(date)[1]


def _locale_week(date: dt.date) -> tuple[int, int]:
    saturday = date + dt.timedelta(days=(5 - date.weekday()) % 7)
    return saturday.year, (saturday.timetuple().tm_yday + 6) // 7


_TOKENS: dict[str, Callable[[dt.date], str]] = {
    "YYYYYY": lambda d: f"+{d.year:06d}",
    "YYYY": lambda d: f"{d.year:04d}",
    "YY": lambda d: f"{d.year % 100:02d}",
    "Y": lambda d: str(d.year),
    "y": lambda d: str(d.year),
    "GGGG": lambda d: f"{d.isocalendar().year:04d}",
    "GG": lambda d: f"{d.isocalendar().year % 100:02d}",
    "gggg": lambda d: f"{_locale_week(d)[0]:04d}",
    "gg": lambda d: f"{_locale_week(d)[0] % 100:02d}",
    "Qo": lambda d: _ordinal((d.month + 2) // 3),
    "Q": lambda d: str((d.month + 2) // 3),
    "MMMM": lambda d: _MONTHS[d.month - 1],
    "MMM": lambda d: _MONTHS[d.month - 1][:3],
    "MM": lambda d: f"{d.month:02d}",
    "Mo": lambda d: _ordinal(d.month),
    "M": lambda d: str(d.month),
    "DDDD": lambda d: f"{d.timetuple().tm_yday:03d}",
    "DDDo": lambda d: _ordinal(d.timetuple().tm_yday),
    "DDD": lambda d: str(d.timetuple().tm_yday),
    "DD": lambda d: f"{d.day:02d}",
    "Do": lambda d: _ordinal(d.day),
    "D": lambda d: str(d.day),
    "dddd": lambda d: _WEEKDAYS[d.weekday()],
    "ddd": lambda d: _WEEKDAYS[d.weekday()][:3],
    "dd": lambda d: _WEEKDAYS[d.weekday()][:2],
    "do": lambda d: _ordinal(d.isoweekday() % 7),
    "d": lambda d: str(d.isoweekday() % 7),
    "E": lambda d: str(d.isoweekday()),
    "e": lambda d: str(d.isoweekday() % 7),
    "WW": lambda d: f"{d.isocalendar().week:02d}",
    "Wo": lambda d: _ordinal(d.isocalendar().week),
    "W": lambda d: str(d.isocalendar().week),
    "ww": lambda d: f"{_week_of_year(d):02d}",
    "wo": lambda d: _ordinal(_week_of_year(d)),
    "w": lambda d: str(_week_of_year(d)),
    # The localised forms of the English locale.
    "LL": lambda d: f"{_MONTHS[d.month - 1]} {d.day}, {d.year:04d}",
    "ll": lambda d: f"{_MONTHS[d.month - 1][:3]} {d.day}, {d.year:04d}",
    "L": lambda d: f"{d.month:02d}/{d.day:02d}/{d.year:04d}",
    "l": lambda d: f"{d.month}/{d.day}/{d.year:04d}",
}
_NAMES = "|".join(sorted(_TOKENS, key=len, reverse=True))
_PATTERN = re.compile(rf"\[([^\]\[]*)\]|\\({_NAMES}|.)|(?:{_NAMES})", re.DOTALL)


def format_moment(date: dt.date, pattern: str) -> str:
    """Write `date` in the date tokens of moment.js: "MMM DD, YYYY" gives "Feb 08, 2025".

    Text in square brackets and a token after a backslash stand as they are; so does whatever is no date
    token, such as the tokens for hours and minutes: an article has a date, not a time.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        return match[2] or _TOKENS[match[0]](date)

    return _PATTERN.sub(replace, pattern)
