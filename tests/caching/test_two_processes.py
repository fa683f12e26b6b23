"""Several processes serve one database: what changes through one of them, the others show at the next request."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import pytest
from django.db import connection

from tests import postgresql
from tests.sites import Samples, Site, running_site

pytestmark = pytest.mark.slow

BULK_EDIT = 'from learn.models import Article; Article.objects.update(author="Somebody else")'
ADDRESS = "/learn/mathematics/questions/why-is-zero-factorial-equal-to-one"


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """DATABASE_URL of an empty database, none where that is SQLite.

    On a server of its own: a copy of one begins to answer when no long transaction runs there any more.
    """
    if connection.vendor == "sqlite":
        yield {}
        return
    with postgresql.cluster(*postgresql.FORGETFUL) as server:
        yield {"DATABASE_URL": server}


@pytest.fixture(scope="module")
def site(
    database: dict[str, str], tmp_path_factory: pytest.TempPathFactory, samples: Samples
) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), samples, **database) as site:
        yield site


@pytest.mark.django_db
def test_an_edit_through_one_process_is_served_by_all_at_once(site: Site) -> None:
    with site.beside() as other:
        servers = [site.url, other]
        for server in servers * 2:  # the second time from memory
            assert "Is zero factorial really one?" not in text(server)
        # A copy from one is a 304 of the other, without making the page: both give it the same version.
        assert tag(site.url) == tag(other)
        site.manage("shell", "--no-imports", "-c", edit("Is zero factorial really one?"))
        for server in servers:
            assert "Is zero factorial really one?" in text(server)
        site.manage("shell", "--no-imports", "-c", BULK_EDIT)  # past every signal
        for server in servers:
            assert "Somebody else" in text(server)


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is copied by other means")
def test_readers_are_served_from_the_replica(database: dict[str, str], site: Site) -> None:
    with (
        postgresql.standby(folder_of(database["DATABASE_URL"]), *postgresql.FORGETFUL) as copy,
        site.beside(DATABASE_REPLICA_URL=copy) as server,
        asking(copy) as replica,
    ):
        assert "Is it one after all?" not in eventually(server, "zero factorial")
        replica("SELECT pg_wal_replay_pause()")
        site.manage("shell", "--no-imports", "-c", edit("Is it one after all?"))
        assert "Is it one after all?" not in text(server)  # the replica does not know yet
        replica("SELECT pg_wal_replay_resume()")
        eventually(server, "Is it one after all?")


def edit(question: str) -> str:
    return f"""
from learn.models import Article
article = Article.objects.select_related("subject").get(subject__slug="mathematics", slug__startswith="why-is-zero")
article.question = {question!r}
article.save()
"""


def eventually(server: str, words: str) -> str:
    """The page, as soon as it holds `words`: a replica is a moment behind."""
    deadline = time.monotonic() + 60
    while words not in (page := text(server)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return page


@contextmanager
def asking(url: str) -> Iterator[Callable[[str], object]]:
    """A function that runs a statement in the database at `url`, outside a transaction."""
    import psycopg  # noqa: PLC0415 an extra of the project

    with psycopg.connect(host=folder_of(url), user="learn", dbname="postgres", autocommit=True) as session:
        yield session.execute


def folder_of(url: str) -> str:
    """Where the socket of a server of tests.postgresql is."""
    return unquote(url.partition("@")[2].partition("/")[0])


def text(server: str) -> str:
    with urllib.request.urlopen(f"{server}{ADDRESS}", timeout=60) as answer:  # noqa: S310 our own
        return answer.read().decode()


def tag(server: str) -> str:
    with urllib.request.urlopen(f"{server}{ADDRESS}", timeout=60) as answer:  # noqa: S310 our own
        return str(answer.headers["ETag"])
