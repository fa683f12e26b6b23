from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from learn import limits


@pytest.fixture
def limited(settings: Settings) -> Iterator[None]:
    """The limits as they are in production, and nothing counted yet."""
    settings.RATE_LIMITS = True
    limits.memory.clear()
    yield
    limits.memory.clear()
