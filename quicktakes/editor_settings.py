"""What the environment may say of the work of editors."""

from __future__ import annotations

from environs import validate

from . import variables


def read(env: variables.Env) -> int:
    """CHANGE_SETS_DAYS: how long the details of a large change are kept, by which it can be taken back."""
    days: int = env.int("CHANGE_SETS_DAYS", default=90, validate=validate.Range(min=1))
    return days
