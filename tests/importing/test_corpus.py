"""The real files, end to end."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from learn.importing import import_articles
from learn.models import Article, RelatedLink, Subject

ARTICLES = 4_087


@pytest.mark.django_db
def test_every_real_file_is_imported_and_every_page_answers(corpus: Path, client: Client) -> None:
    files = list((corpus / "learn").rglob("*.md"))
    first = import_articles([str(corpus)])
    errors = [str(problem) for problem in first.problems if problem.severity == "error"]
    assert (first.created, first.rejected, errors) == (len(files), 0, [])
    again = import_articles([str(corpus)])
    assert (again.created, again.updated, again.unchanged, again.problems) == (0, 0, len(files), [])
    if len(files) == ARTICLES:
        assert Subject.objects.count() == 40

    dead = set(RelatedLink.objects.dangling().values_list("url", flat=True))
    titles: dict[str, str] = {}
    # What an answer becomes is tested of every file in tests/rendering and tests/seo: here that pages are found.
    step = 4 if connection.vendor == "sqlite" else 40
    articles = Article.objects.select_related("subject", "canonical__subject").order_by("pk")
    for article in islice(articles.iterator(500), 0, None, step):
        path = article.get_absolute_url()
        response = client.get(path)
        assert response.status_code == 200, path
        page = response.content.decode()
        assert len(re.findall(r"<h1[ >]", page)) == 1, path
        canonical = (article.canonical or article).get_absolute_url()
        assert f'<link rel="canonical" href="http://testserver{canonical}">' in page, path
        title = re.search(r"<title>(.*?)</title>", page)
        assert title, path
        if article.is_indexable:
            assert titles.setdefault(title[1], path) == path
        assert '<meta name="description" content="' in page, path
        assert not dead.intersection(re.findall(r'href="(/learn/[^"]+)"', page)), path
