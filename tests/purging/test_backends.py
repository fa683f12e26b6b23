from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from pytest_django.fixtures import Settings

from learn.http import RequestError
from learn.purging.backends import Backend, configured
from tests.stubs import Stub, stub_server

PATHS = ["/learn", "/learn/physics?page=2"]


@pytest.fixture
def stub(settings: Settings) -> Iterator[Stub]:
    settings.SITE_URL = "https://learn.example.org"
    settings.PURGE_TIMEOUT = 5
    with stub_server() as stub:
        settings.PURGE_URLS = [stub.url]
        yield stub


def backend(settings: Settings, name: str) -> Backend:
    settings.PURGE_BACKEND = name
    found = configured()
    assert found is not None
    return found


def test_without_a_cache_there_is_nothing_to_tell(settings: Settings) -> None:
    settings.PURGE_BACKEND = "none"
    assert configured() is None


# --- HTTP PURGE


def test_each_cache_gets_a_purge_for_each_address_of_the_site(stub: Stub, settings: Settings) -> None:
    with stub_server() as second:
        settings.PURGE_URLS = [f"{stub.url}/", second.url]
        backend(settings, "http").purge(PATHS)
        for cache in (stub, second):
            assert [(request.method, request.path) for request in cache.requests] == [
                ("PURGE", path) for path in PATHS
            ]
            assert {request.headers["host"] for request in cache.requests} == {"learn.example.org"}


def test_everything_is_one_expression(stub: Stub, settings: Settings) -> None:
    backend(settings, "http").purge_everything()
    (request,) = stub.requests
    assert (request.method, request.path, request.headers["x-purge-method"]) == ("PURGE", "/.*", "regex")


def test_a_page_that_the_cache_does_not_hold_is_no_error(stub: Stub, settings: Settings) -> None:
    stub.answers = [(404, b"")]
    backend(settings, "http").purge(PATHS)
    assert len(stub.requests) == 2


@pytest.mark.parametrize(
    ("status", "is_temporary"), [(403, False), (405, False), (429, True), (500, True), (503, True)]
)
def test_a_refusal_is_an_error(status: int, is_temporary: bool, stub: Stub, settings: Settings) -> None:
    stub.answers = [(status, b"no")]
    with pytest.raises(RequestError) as raised:
        backend(settings, "http").purge(PATHS)
    assert raised.value.is_temporary == is_temporary
    assert raised.value.status == status


def test_a_redirect_is_not_followed(stub: Stub, settings: Settings) -> None:
    stub.answers = [(302, b"")]
    with pytest.raises(RequestError):
        backend(settings, "http").purge(PATHS)
    assert len(stub.requests) == 1


def test_a_cache_that_is_down_is_a_temporary_error(stub: Stub, settings: Settings) -> None:
    settings.PURGE_URLS = ["http://127.0.0.1:9"]
    with pytest.raises(RequestError) as raised:
        backend(settings, "http").purge(PATHS)
    assert raised.value.is_temporary


def test_an_address_that_is_none_is_an_error_for_good(stub: Stub, settings: Settings) -> None:
    settings.PURGE_URLS = ["no address"]
    with pytest.raises(RequestError) as raised:
        backend(settings, "http").purge(PATHS)
    assert not raised.value.is_temporary


# --- Cloudflare


@pytest.fixture
def cloudflare(stub: Stub, settings: Settings) -> Backend:
    settings.CLOUDFLARE_ZONE_ID, settings.CLOUDFLARE_API_TOKEN = "zone", "secret"
    stub.answers = [(200, b'{"success": true}')]
    return backend(settings, "cloudflare")


def test_cloudflare_gets_absolute_addresses(cloudflare: Backend, stub: Stub) -> None:
    cloudflare.purge(PATHS)
    (request,) = stub.requests
    assert (request.method, request.path) == ("POST", "/zones/zone/purge_cache")
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"files": [f"https://learn.example.org{path}" for path in PATHS]}


def test_cloudflare_spares_the_rest_of_the_zone(cloudflare: Backend, stub: Stub) -> None:
    cloudflare.purge_everything()
    orders = [json.loads(request.body) for request in stub.requests]
    assert orders[0] == {"prefixes": ["learn.example.org/learn"]}
    assert "https://learn.example.org/sitemap.xml" in orders[1]["files"]


@pytest.mark.parametrize("answer", [b'{"success": false, "errors": [{"code": 1}]}', b"<html>", b"[]", b""])
def test_what_cloudflare_does_not_confirm_is_an_error(answer: bytes, cloudflare: Backend, stub: Stub) -> None:
    stub.answers = [(200, answer)]
    with pytest.raises(RequestError):
        cloudflare.purge(PATHS)


# --- CloudFront


@pytest.fixture
def cloudfront(stub: Stub, settings: Settings) -> Backend:
    settings.CLOUDFRONT_DISTRIBUTION_ID = "E1"
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKID", "secret"
    stub.answers = [(201, b"<Invalidation/>")]
    return backend(settings, "cloudfront")


def invalidation(body: bytes) -> tuple[list[str], int, str]:
    """Paths, quantity and reference of an InvalidationBatch."""
    space = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"
    root = ET.fromstring(body)  # noqa: S314 our own document
    assert root.tag == f"{space}InvalidationBatch"
    paths = [element.text or "" for element in root.iterfind(f"{space}Paths/{space}Items/{space}Path")]
    return (
        paths,
        int(root.findtext(f"{space}Paths/{space}Quantity") or 0),
        root.findtext(f"{space}CallerReference") or "",
    )


def test_cloudfront_gets_a_signed_invalidation(cloudfront: Backend, stub: Stub) -> None:
    cloudfront.purge([*PATHS, "/learn/a&b/ü"])
    cloudfront.purge(PATHS)
    first, second = stub.requests
    assert (first.method, first.path) == ("POST", "/2020-05-31/distribution/E1/invalidation")
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKID/\d{8}/us-east-1/cloudfront/aws4_request, "
        r"SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}",
        first.headers["authorization"],
    )
    paths, quantity, reference = invalidation(first.body)
    assert paths == [*PATHS, "/learn/a&b/%C3%BC"]
    assert quantity == 3
    assert reference != invalidation(second.body)[2]  # the same one would be taken for a repetition


def test_cloudfront_forgets_all_of_ours_by_pattern(cloudfront: Backend, stub: Stub) -> None:
    cloudfront.purge_everything()
    assert "/learn*" in invalidation(stub.requests[0].body)[0]
