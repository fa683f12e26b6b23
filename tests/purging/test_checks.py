from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from learn.checks import check_purge_backend


@pytest.mark.parametrize(
    ("backend", "values"),
    [
        ("none", {}),
        ("http", {"PURGE_URLS": ["http://127.0.0.1:6081"]}),
        ("cloudflare", {"CLOUDFLARE_ZONE_ID": "zone", "CLOUDFLARE_API_TOKEN": "token"}),
        (
            "cloudfront",
            {
                "CLOUDFRONT_DISTRIBUTION_ID": "E1",
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
            },
        ),
    ],
)
def test_a_backend_needs_its_settings(backend: str, values: dict[str, object], settings: Settings) -> None:
    settings.PURGE_BACKEND = backend
    if values:
        (problem,) = check_purge_backend()
        assert problem.id == "learn.E002"
        assert all(name in problem.msg for name in values)
    for name, value in values.items():
        setattr(settings, name, value)
    assert check_purge_backend() == []
