"""Several processes serve one database: what changes through one of them, the others show at the next request."""

from __future__ import annotations

import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from .sites import Site, running_site

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
    import psycopg  # noqa: PLC0415 an extra

    settings = connection.settings_dict
    name = f"two_processes_{secrets.token_hex(4)}"
    server = {"host": settings["HOST"], "user": settings["USER"], "dbname": "postgres"}
    with psycopg.connect(**server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        host = settings["HOST"].replace("/", "%2F")
        yield {"DATABASE_URL": f"postgres://{settings['USER']}@{host}/{name}"}
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def site(database: dict[str, str], tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path, **database) as site:
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


def text(server: str) -> str:
    with urllib.request.urlopen(f"{server}{ADDRESS}", timeout=60) as answer:  # noqa: S310 our own
        return answer.read().decode()
