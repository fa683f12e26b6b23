"""Metadata of the whole library, on the real files (CORPUS_DIR) and on our own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from learn import seo
from learn.importing import import_articles
from learn.models import Article, Subject, Topic, TopicCount
from learn.topics import LEAST
from tests.conftest import FIXTURES
from tests.seo.vocabulary import problems

SITE = "http://testserver"
MOST_CLICKS = 4

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", params=["fixtures", pytest.param("corpus", marks=pytest.mark.corpus)])
def library(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database with all files of a source, imported once for the tests of this module."""
    folder: Path = FIXTURES / "articles" if request.param == "fixtures" else request.getfixturevalue("corpus")
    with django_db_blocker.unblock(), transaction.atomic():
        import_articles([str(folder)])
        yield
        transaction.set_rollback(True)


def indexable() -> dict[str, Article]:
    articles = Article.objects.indexable().for_page()
    return {article.get_absolute_url(): article for article in articles}


def test_titles_and_descriptions_are_unique(library: None) -> None:
    heads = [seo.article_head(article) for article in indexable().values()]
    assert len(heads) > 50
    for texts in ([head.title for head in heads], [head.description for head in heads]):
        assert [text for text, count in Counter(texts).items() if count > 1] == []
        assert all(text.strip() for text in texts)


def test_every_graph_is_valid(library: None) -> None:
    for article in Article.objects.published().for_page().iterator(chunk_size=500):
        script = str(seo.article_head(article).jsonld)
        nodes = json.loads(script.partition(">")[2].rpartition("</script>")[0])["@graph"]
        assert list(problems(nodes)) == [], article.get_absolute_url()


def test_every_canonical_is_indexable_and_its_own(library: None) -> None:
    own = {seo.absolute(path) for path in indexable()}
    for article in Article.objects.published().for_page().iterator(chunk_size=500):
        head = seo.article_head(article)
        if head.is_indexed:
            assert head.canonical in own
            assert head.picture is not None


def test_sitemaps_hold_the_indexable_pages_and_nothing_else(library: None) -> None:
    def addresses(path: str) -> list[str]:
        root = ET.fromstring(Client().get(path).getvalue())  # noqa: S314 our own document
        return [str(entry[0].text) for entry in root]

    found = [address for file in addresses("/sitemap.xml") for address in addresses(file.removeprefix(SITE))]
    expected = {*indexable(), "/learn", *(subject.get_absolute_url() for subject in Subject.objects.listed())}
    counts = TopicCount.objects.filter(is_shown=True, indexable__gte=LEAST, subject__is_listed=True)
    for subject_slug, slug in counts.values_list("subject__slug", "slug"):
        expected |= {f"/learn/{subject_slug}/topics", f"/learn/{subject_slug}/topics/{slug}", "/learn/topics"}
    expected |= {
        f"/learn/topics/{slug}" for slug in Topic.objects.filter(has_page=True).values_list("slug", flat=True)
    }
    assert sorted(found) == sorted(SITE + path for path in expected)


@pytest.mark.slow
@pytest.mark.any_database
def test_no_article_is_further_than_four_clicks_from_the_library(library: None) -> None:
    """Follows the links of lists only: what is found from them is found without any related question."""
    client = Client()
    clicks, waiting = {"/learn": 0}, ["/learn"]
    while waiting:
        path = waiting.pop(0)
        main = client.get(path).text.partition("<main")[2]
        for link in map(unescape, re.findall(r'<a (?![^>]*nofollow)[^>]*href="([^"#]+)', main)):
            target = f"{path.partition('?')[0]}{link}" if link.startswith("?") else link
            if (
                target.startswith("/learn")
                and not target.startswith("/learn/search")
                and target not in clicks
            ):
                clicks[target] = clicks[path] + 1
                if "/questions/" not in target:
                    waiting.append(target)
    assert {path: clicks.get(path) for path in indexable() if clicks.get(path, 99) > MOST_CLICKS} == {}
