"""Several processes serve one database: what changes through one of them, the others show at the next request."""

from __future__ import annotations

import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from django.db import connection

from tests import postgresql
from tests.sites import Samples, Site, running_site

pytestmark = pytest.mark.slow

EDIT = """
from learn.models import Article
article = Article.objects.select_related("subject").get(subject__slug="mathematics", slug__startswith="why-is-zero")
article.question = "Is zero factorial really one?"
article.save()
"""
BULK_EDIT = 'from learn.models import Article; Article.objects.update(author="Somebody else")'
ADDRESS = "/learn/mathematics/questions/why-is-zero-factorial-equal-to-one"


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """DATABASE_URL of an empty database on the server that these tests run on; none where that is SQLite."""
    if connection.vendor == "sqlite":
        yield {}
        return
    name = f"two_processes_{secrets.token_hex(4)}"
    with asking(connection.settings_dict["HOST"], "postgres") as ask:
        ask(f"CREATE DATABASE {name}")
        yield {"DATABASE_URL": url(connection.settings_dict["HOST"], name)}
        ask(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def site(database: dict[str, str], tmp_path: Path, samples: Samples) -> Iterator[Site]:
    with running_site(tmp_path, samples, **database) as site:
        yield site


@pytest.mark.django_db
def test_an_edit_through_one_process_is_served_by_all_at_once(site: Site) -> None:
    with ExitStack() as stack:
        servers = [site.url, stack.enter_context(site.beside())]
        for server in servers * 2:  # the second time from memory
            assert "Is zero factorial really one?" not in text(server)
        site.manage("shell", "--no-imports", "-c", EDIT)
        for server in servers:
            assert "Is zero factorial really one?" in text(server)
        site.manage("shell", "--no-imports", "-c", BULK_EDIT)  # past every signal
        for server in servers:
            assert "Somebody else" in text(server)


@pytest.mark.django_db
def test_processes_know_each_others_copies(site: Site) -> None:
    """A copy from one is a 304 of the other, without making the page: both give it the same version."""
    with site.beside() as other:
        first, second = (tag(server) for server in (site.url, other))
        assert first == second


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is copied by other means")
def test_readers_are_served_from_the_replica(
    database: dict[str, str], tmp_path: Path, samples: Samples
) -> None:
    socket, name = connection.settings_dict["HOST"], database["DATABASE_URL"].rpartition("/")[2]
    with postgresql.standby(socket, *postgresql.FORGETFUL) as copy:
        folder = unquote(copy.partition("@")[2].partition("/")[0])
        variables = {**database, "DATABASE_REPLICA_URL": url(folder, name)}
        with running_site(tmp_path, samples, **variables) as site, asking(folder, name) as replica:
            assert "Is zero factorial really one?" not in eventually(site.url, "zero factorial")
            replica("SELECT pg_wal_replay_pause()")
            site.manage("shell", "--no-imports", "-c", EDIT)
            assert "Is zero factorial really one?" not in text(site.url)  # the replica does not know yet
            replica("SELECT pg_wal_replay_resume()")
            eventually(site.url, "Is zero factorial really one?")


def eventually(server: str, words: str) -> str:
    """The page, as soon as it holds `words`: a replica is a moment behind."""
    deadline = time.monotonic() + 60
    while words not in (page := text(server)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return page


@contextmanager
def asking(host: str, name: str) -> Iterator[Callable[[str], object]]:
    """A function that runs a statement in the database `name` of the server at this socket, outside a transaction."""
    import psycopg  # noqa: PLC0415 an extra of the project

    with psycopg.connect(host=host, user="learn", dbname=name, autocommit=True) as session:
        yield session.execute


def url(host: str, name: str) -> str:
    return f"postgres://learn@{quote(host, safe='')}/{name}"


def text(server: str) -> str:
    with urllib.request.urlopen(f"{server}{ADDRESS}", timeout=60) as answer:  # noqa: S310 our own
        return answer.read().decode()


def tag(server: str) -> str:
    with urllib.request.urlopen(f"{server}{ADDRESS}", timeout=60) as answer:  # noqa: S310 our own
        return str(answer.headers["ETag"])
