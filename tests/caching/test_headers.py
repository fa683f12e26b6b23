"""How long browsers and CDNs are told to keep a page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import make_article


@pytest.mark.django_db
def test_cache_control_follows_the_settings(client: Client, settings: Settings) -> None:
    settings.PAGE_MAX_AGE, settings.CDN_MAX_AGE = 5, 6
    settings.STALE_WHILE_REVALIDATE, settings.STALE_IF_ERROR = 7, 8
    expected = "public, max-age=5, s-maxage=6, stale-while-revalidate=7, stale-if-error=8"
    assert client.get(make_article().get_absolute_url())["Cache-Control"] == expected
