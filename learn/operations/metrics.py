"""/metrics for Prometheus: what the processes counted (learn.metrics), and how the site is at this moment.

The condition of the site is read when somebody asks, never beside a request: some fifteen small queries. While the
database is away, its own metrics are left out and `quicktakes_database_up` says so.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from learn.importing import uploads
from learn.metrics import folder, registry
from learn.models import Article, ImportConflict, ImportRun, SiteState, SubjectCount, SyncRun, Upload, Worker
from learn.views import readiness

Values = dict[str, float]


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything, for who sends METRICS_TOKEN as a bearer token (RFC 6750); 401 without it, 404 where none is set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(
            "send METRICS_TOKEN as a bearer token\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def exposition() -> bytes:
    """All metrics in Prometheus' text format; of requests, those of all processes of this server."""
    everything = CollectorRegistry(auto_describe=False)
    if place := os.environ.get(folder.VARIABLE):
        folder.forget_ended(Path(place))
        MultiProcessCollector(everything, place)  # type: ignore[no-untyped-call]
    else:
        everything.register(Counted())
    everything.register(Condition())
    return generate_latest(everything)


class Counted(Collector):
    """What this process counted, where it is the only one."""

    def collect(self) -> Iterable[Metric]:
        return registry.collect()


class Condition(Collector):
    """How the site is: disks, database, migrations, worker, articles, imports, synchronisation."""

    def collect(self) -> Iterator[Metric]:
        problems = list(readiness.problems())
        yield gauge("ready", "Whether /readyz finds nothing wrong.", not problems)
        yield from disks()
        try:
            found = [*database(), *articles(), *workers(), *imports(), *syncs()]
        except DatabaseError:
            yield gauge("database_up", "Whether the database answers.", value=False)
            return
        yield gauge("database_up", "Whether the database answers.", value=True)
        yield from found


def gauge(name: str, text: str, value: float | None = None, **by_label: Values) -> Metric:
    """A gauge with one value, or with one for each value of the one label that is given."""
    if not by_label:
        return GaugeMetricFamily(f"quicktakes_{name}", text, value=None if value is None else float(value))
    ((label, values),) = by_label.items()
    family = GaugeMetricFamily(f"quicktakes_{name}", text, labels=[label])
    for key, number in values.items():
        family.add_metric([key], float(number))
    return family


def disks() -> Iterator[Metric]:
    usage = {what: shutil.disk_usage(path) for what, path in readiness.folders().items()}
    yield gauge("disk_free_bytes", "What is left on the disk.", folder={k: v.free for k, v in usage.items()})
    yield gauge("disk_size_bytes", "How large the disk is.", folder={k: v.total for k, v in usage.items()})
    yield gauge("disk_least_bytes", "With less left, /readyz says no.", readiness.LEAST_FREE)


def database() -> Iterator[Metric]:
    yield gauge("migrations_pending", "Migrations that have not run.", readiness.pending_migrations())
    yield gauge("database_bytes", "How large the database is, its log included.", database_size())


def database_size() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    path = Path(str(connection.settings_dict["NAME"]))
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def articles() -> Iterator[Metric]:
    """Counted by what triggers and indexes know: no query reads the table."""
    now = timezone.now()
    counts = SubjectCount.objects.aggregate(listed=Sum("listable"), indexed=Sum("indexable"))
    numbers = {key: value or 0 for key, value in counts.items()}
    yield gauge("articles", "Articles that lists show, and that search engines may know.", audience=numbers)
    announced = SiteState.objects.values_list("due_until", flat=True).first() or now
    waiting = Article.objects.filter(status=Article.Status.PUBLISHED, publish_at__gt=now)
    due = Article.objects.published().filter(publish_at__gt=announced, publish_at__lte=now)
    yield gauge("articles_scheduled", "Articles whose time of publication is to come.", waiting.count())
    yield gauge("articles_due", "Articles that fell due and were not announced yet.", due.count())
    yield gauge("due_announced_timestamp_seconds", "When publish_due last ran.", announced.timestamp())


def workers() -> Iterator[Metric]:
    """No value of a worker that was stopped, or never began."""
    rows = list(Worker.objects.all())
    yield gauge("worker_up", "Whether the worker lives.", worker={w.name: w.is_alive for w in rows})
    seen = {w.name: w.seen_at.timestamp() for w in rows}
    yield gauge("worker_seen_timestamp_seconds", "When the worker gave a sign of life.", worker=seen)


def imports() -> Iterator[Metric]:
    last = ImportRun.objects.only("started_at", "finished_at", "counts").first()
    yield from run("import", last)
    if last:
        counts = {name: float(last.counts.get(name, 0)) for name in ("created", "updated", "rejected")}
        yield gauge("import_articles", "What the last import did.", result=counts)
    states = dict.fromkeys(Upload.State.values, 0)
    states |= dict(Upload.objects.order_by().values_list("state").annotate(Count("pk")))
    yield gauge("uploads", "Files that editors uploaded.", state={str(k): v for k, v in states.items()})
    stalled = Upload.objects.filter(
        state__in=uploads.WORKING, updated_at__lt=timezone.now() - uploads.STALLED_AFTER
    )
    yield gauge("uploads_stalled", "Uploads whose process is gone.", stalled.count())
    open_ones = ImportConflict.objects.filter(resolved_at=None).count()
    yield gauge("import_conflicts", "Conflicts that wait for somebody to decide.", open_ones)


def syncs() -> Iterator[Metric]:
    last = SyncRun.objects.only("started_at", "finished_at", "exit_code").first()
    yield from run("sync", last)
    if last and last.exit_code is not None:
        yield gauge("sync_exit_code", "How the last synchronisation ended.", last.exit_code)


def run(kind: str, last: ImportRun | SyncRun | None) -> Iterator[Metric]:
    """When the last run of a kind began and ended; 0 for one that has not ended. Nothing where none ever ran."""
    if last is None:
        return
    moments: dict[str, dt.datetime | None] = {"started": last.started_at, "finished": last.finished_at}
    for name, moment in moments.items():
        value = moment.timestamp() if moment else 0
        yield gauge(f"{kind}_{name}_timestamp_seconds", f"When the last {kind} {name}.", value)
