"""/metrics: who may ask, what it says, that no visitor makes it grow; dashboard and alerts name what is there."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from learn import metrics
from learn.caching.pages import pages
from learn.models import Article, ImportRun, SiteState, SyncedBranch, SyncRun, Upload, Worker
from learn.models.workers import DEAD_AFTER
from learn.views import readiness
from tests.conftest import ROOT
from tests.factories import make_article

pytestmark = pytest.mark.django_db

TOKEN = "a token of twenty characters or more"  # noqa: S105
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def watched(settings: Settings) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    metrics.REQUESTS.clear()
    metrics._observers.clear()
    yield
    pages.clear()


def ask(client: Client | None = None) -> Samples:
    response = (client or Client()).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"quicktakes_{name}", tuple(sorted(labels.items()))))


def test_only_who_knows_the_token_is_told(client: Client, settings: Settings) -> None:
    for header in ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ü"):
        response = client.get("/metrics", headers={"Authorization": header})
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert b"quicktakes_" not in response.content
    assert client.post("/metrics").status_code == 405
    settings.METRICS_TOKEN = ""
    for header in ("", "Bearer ", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_requests_are_counted_by_view_status_and_cache(client: Client, settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 1
    article = make_article()
    for _ in range(3):
        client.get(article.get_absolute_url())
    client.get("/learn/nowhere/at/all")
    client.get("/admin/learn/article/")
    client.get("/static/css/nowhere.css")
    said = ask(client)
    count = "request_seconds_count"
    assert value(said, count, view="article", status="2xx", cache="miss") == 1
    assert value(said, count, view="article", status="2xx", cache="hit") == 2
    assert value(said, count, view="unknown", status="4xx", cache="miss") == 1
    assert value(said, count, view="admin", status="3xx", cache="miss") == 1
    assert value(said, count, view="static", status="4xx", cache="miss") == 1
    buckets = [
        n for (name, labels), n in said.items() if name.endswith("_bucket") and ("cache", "hit") in labels
    ]
    assert len(buckets) == len(metrics.SECONDS) + 1
    assert buckets == sorted(buckets)


@pytest.mark.slow
def test_nobody_can_make_it_grow(client: Client) -> None:
    def series() -> int:
        return sum(name.startswith("quicktakes_request") for name, _labels in ask(client))

    def visit(word: str) -> None:
        for path in (
            f"/{word}",
            f"/learn/{word}",
            f"/learn/x/questions/{word}",
            f"/admin/{word}/",
            f"/static/{word}",
        ):
            client.get(path)
            client.get(f"{path}?{word}={word}", headers={"User-Agent": word, "X-Request-ID": word})
            client.generic(word.upper(), path)

    visit("first")
    ask(client)
    before = series()
    for number in range(20):
        visit(f"word{number}")
    assert series() == before


def test_without_a_token_nothing_is_counted(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    client.get("/learn")
    assert list(metrics._observers) == []


def test_it_tells_of_articles_imports_uploads_and_syncs() -> None:
    now = timezone.now()
    SiteState.objects.update(due_until=now - dt.timedelta(minutes=2))
    make_article(publish_at=now - dt.timedelta(minutes=3))
    make_article(publish_at=now + dt.timedelta(hours=1))
    make_article(publish_at=now - dt.timedelta(minutes=1))
    run = ImportRun.objects.create(source="a", counts={"created": 3, "rejected": 2}, started_at=now)
    Upload.objects.create(
        name="a.zip", size=1, state=Upload.State.CHECKED,
    )  # fmt: skip
    gone = Upload.objects.create(name="b.zip", size=1, state=Upload.State.IMPORTING)
    Upload.objects.filter(pk=gone.pk).update(updated_at=now - dt.timedelta(minutes=5))
    branch = SyncedBranch.objects.create(repository="r", branch="main")
    SyncRun.objects.create(target=branch, started_at=now, finished_at=now, exit_code=10)
    said = ask()
    assert value(said, "articles", audience="listed") == Article.objects.listable().count() + 1
    assert (value(said, "articles_scheduled"), value(said, "articles_due")) == (1, 1)
    assert value(said, "import_articles", result="rejected") == 2
    assert value(said, "import_started_timestamp_seconds") == pytest.approx(run.started_at.timestamp())
    assert value(said, "import_finished_timestamp_seconds") == 0
    assert value(said, "uploads", state="checked") == 1
    assert value(said, "uploads_stalled") == 1
    assert value(said, "sync_exit_code") == 10
    assert value(said, "sync_finished_timestamp_seconds") == pytest.approx(now.timestamp())
    assert (value(said, "database_up"), value(said, "ready"), value(said, "migrations_pending")) == (1, 1, 0)


def test_a_dead_worker_is_seen_and_one_that_was_stopped_is_not_missed() -> None:
    assert value(ask(), "worker_up", worker="publish_due") is None
    Worker.objects.beat("publish_due")
    said = ask()
    assert (value(said, "worker_up", worker="publish_due"), value(said, "ready")) == (1, 1)
    Worker.objects.update(seen_at=timezone.now() - DEAD_AFTER - dt.timedelta(seconds=1))
    said = ask()
    assert (value(said, "worker_up", worker="publish_due"), value(said, "ready")) == (0, 0)
    ready = Client().get("/readyz")
    assert ready.status_code == 503
    assert ready.text == "the worker publish_due has given no sign of life for 41 seconds: start it again\n"


def test_migrations_that_have_not_run_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "pending_migrations", lambda: 2)
    said = ask()
    assert (value(said, "migrations_pending"), value(said, "ready")) == (2, 0)


def test_it_answers_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(readiness, "pending_migrations", fail)
    said = ask()
    assert (value(said, "database_up"), value(said, "ready")) == (0, 0)
    assert value(said, "disk_free_bytes", folder="uploads")
    assert value(said, "articles_due") is None


def test_a_prometheus_may_ask_under_any_name_and_by_http(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=headers, SERVER_NAME="10.0.0.7").status_code == 200


def test_who_has_to_wait_is_counted(settings: Settings) -> None:
    places = threading.Semaphore(1)
    assert metrics.acquire(places, "searches")
    before = value(ask(), "wait_seconds_count", queue="searches") or 0
    assert not metrics.acquire(places, "searches", timeout=0.01)
    said = ask()
    assert value(said, "wait_seconds_count", queue="searches") == before + 1
    assert value(said, "waiting", queue="searches") == 0


# --- Dashboard and alerts ---------------------------------------------------------------------------------------------


def expressions(path: Path) -> list[str]:
    if path.suffix == ".json":
        dashboard = json.loads(path.read_text())
        queries = [variable["query"] for variable in dashboard["templating"]["list"]]
        return [*queries, *(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])]
    groups = yaml.safe_load(path.read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("name", ["grafana/dashboard.json", "prometheus/alerts.yml"])
def test_what_is_shown_and_alerted_of_is_there(name: str, client: Client) -> None:
    """Each metric with each of its labels."""
    now = timezone.now()
    ImportRun.objects.create(source="a")
    branch = SyncedBranch.objects.create(repository="r", branch="main")
    SyncRun.objects.create(target=branch, started_at=now, finished_at=now, exit_code=0)
    Worker.objects.beat("publish_due")
    client.get("/learn")
    metrics.WAITED.labels("requests").observe(0.1)
    metrics.WAITING.labels("requests").set(0)
    there: dict[str, set[str]] = {}
    for metric, labels in ask(client):
        there.setdefault(metric, {"instance", "le", "job"}).update(label for label, _value in labels)
    asked = expressions(ROOT / "deploy" / name)
    assert len(asked) > 10
    used: set[str] = set()
    for text in asked:
        for metric, selector in re.findall(r"\b(quicktakes_\w+)(?:\{([^}]*)\})?", text):
            used.add(metric)
            assert metric in there, text
            for label in re.findall(r"(\w+)\s*[=!]~?\"", selector):
                assert label in there[metric], text
    for metric in (
        "request_seconds_count",
        "ready",
        "database_up",
        "worker_up",
        "disk_free_bytes",
        "articles_due",
    ):
        if name.endswith(".json"):
            assert f"quicktakes_{metric}" in used


def test_a_view_is_named_by_the_url_configuration_alone() -> None:
    request = HttpRequest()
    request.path = "/whatever/a/visitor/wrote"
    metrics.note_request(request, HttpResponse(status=599), 0.1)
    assert list(metrics._observers) == [("unknown", 5, "none")]
