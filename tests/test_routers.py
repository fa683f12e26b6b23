from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from learn.models import Article
from quicktakes import routers
from quicktakes.routers import ReplicaRouter


def during(method: str, path: str, ask: Callable[[], object]) -> object:
    """What `ask` returns when it is called while `method path` is answered."""
    answers: list[object] = []

    def view(_request: HttpRequest) -> HttpResponse:
        answers.append(ask())
        return HttpResponse()

    routers.public_reads(view)(RequestFactory().generic(method, path))
    return answers[0]


def read() -> str:
    return ReplicaRouter().db_for_read(Article)


@pytest.mark.parametrize(
    ("method", "path", "database"),
    [
        ("GET", "/learn/physics/questions/why", "replica"),
        ("HEAD", "/sitemap.xml", "replica"),
        ("GET", "/admin/learn/article/", "default"),
        ("POST", "/learn/search", "default"),
        ("GET", "/readyz", "default"),
    ],
)
def test_only_public_pages_read_from_the_replica(method: str, path: str, database: str) -> None:
    assert during(method, path, read) == database


def test_commands_read_from_the_primary() -> None:
    assert read() == "default"


def test_what_follows_a_write_reads_from_the_primary_until_the_request_ends() -> None:
    def write_then_read() -> tuple[str, str]:
        return ReplicaRouter().db_for_write(Article), read()

    assert during("GET", "/learn", write_then_read) == ("default", "default")
    assert during("GET", "/learn", read) == "replica"


def test_a_page_that_fails_leaves_nothing_behind() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        routers.public_reads(view)(RequestFactory().get("/learn"))
    assert read() == "default"


def test_migrations_run_on_the_primary_alone() -> None:
    assert ReplicaRouter().allow_migrate("default", "learn")
    assert not ReplicaRouter().allow_migrate("replica", "learn")
    assert ReplicaRouter().allow_relation(User(), User())


def settings_with(**environment: str) -> dict[str, object]:
    """The database settings that a process with these variables has."""
    script = (
        "import json; from django.conf import settings as s; print(json.dumps("
        "{'databases': sorted(s.DATABASES), 'routers': s.DATABASE_ROUTERS, 'middleware': s.MIDDLEWARE[0],"
        " 'cache': s.CACHES['default']['BACKEND'], 'mirror': s.DATABASES.get('replica', {}).get('TEST')}))"
    )
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quicktakes.settings",
        "SECRET_KEY": "signs nothing but what this test makes, and then ends",
        **environment,
    }
    done = subprocess.run([sys.executable, "-c", script], env=variables, check=True, capture_output=True)
    return dict(json.loads(done.stdout))


def test_the_environment_names_the_replica(tmp_path: os.PathLike[str]) -> None:
    plain = settings_with(DATABASE_URL=f"sqlite:///{tmp_path}/db")
    assert plain["databases"] == ["default"]
    assert plain["routers"] == []
    replicated = settings_with(
        DATABASE_URL=f"sqlite:///{tmp_path}/db", DATABASE_REPLICA_URL="postgres://reader@replica/learn"
    )
    assert replicated["databases"] == ["default", "replica"]
    assert replicated["routers"] == ["quicktakes.routers.ReplicaRouter"]
    assert replicated["middleware"] == "quicktakes.routers.public_reads"
    assert replicated["mirror"] == {"MIRROR": "default"}


def test_the_environment_names_the_shared_cache(tmp_path: os.PathLike[str]) -> None:
    url = f"sqlite:///{tmp_path}/db"
    assert settings_with(DATABASE_URL=url)["cache"] == "django.core.cache.backends.locmem.LocMemCache"
    redis = settings_with(DATABASE_URL=url, CACHE_URL="redis://127.0.0.1:6379/0")
    assert redis["cache"] == "django.core.cache.backends.redis.RedisCache"
