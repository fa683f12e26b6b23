"""Absolute addresses of our pages. SITE_URL is their only source: never the Host header of a visitor."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

LIBRARY_TITLE = "Learn: questions and answers for students"


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def library_url() -> str:
    return absolute(reverse("learn:library"))
