"""A library end to end: imported, served, described, exported, imported again; of real files in test_real_files.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from learn import seo
from learn.exporting import export_articles
from learn.importing import import_articles
from learn.importing.report import ImportReport
from learn.models import Article, RelatedLink, Subject, Topic, TopicCount
from learn.seo import topics
from learn.topics import LEAST
from tests.conftest import FIXTURES
from tests.seo.vocabulary import problems
from tests.test_exporting import differing

SITE = "http://testserver"
MOST_CLICKS = 4

pytestmark = pytest.mark.django_db


class Library(NamedTuple):
    folder: Path
    report: ImportReport


@pytest.fixture(scope="module")
def library(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Library]:
    """Our own articles, imported once for the tests of this module."""
    folder = FIXTURES / "articles"
    with django_db_blocker.unblock(), transaction.atomic():
        yield Library(folder, import_articles([str(folder)]))
        transaction.set_rollback(True)


def test_every_file_is_imported_and_comes_out_as_it_went_in(library: Library, tmp_path: Path) -> None:
    files = list((library.folder / "learn").rglob("*.md"))
    errors = [str(problem) for problem in library.report.problems if problem.severity == "error"]
    assert (library.report.created, library.report.rejected, errors) == (len(files), 0, [])
    assert export_articles(tmp_path).problems == []
    assert differing(library.folder, tmp_path) == []
    for folder in (library.folder, tmp_path):
        again = import_articles([str(folder)])
        assert (again.unchanged, again.created + again.updated + again.conflicts) == (len(files), 0)


def test_pages_answer(library: Library) -> None:
    """Some hundreds: what an answer becomes is tested of every file in tests/rendering."""
    client = Client()
    dead = set(RelatedLink.objects.dangling().values_list("url", flat=True))
    articles = Article.objects.select_related("subject", "canonical__subject").order_by("pk")
    step = max(1, articles.count() // 250)
    for article in islice(articles.iterator(500), 0, None, step):
        path = article.get_absolute_url()
        response = client.get(path)
        assert response.status_code == 200, path
        page = response.content.decode()
        assert len(re.findall(r"<h1[ >]", page)) == 1, path
        canonical = (article.canonical or article).get_absolute_url()
        assert f'<link rel="canonical" href="{SITE}{canonical}">' in page, path
        assert re.search(r"<title>[^<]+</title>", page), path
        assert '<meta name="description" content="' in page, path
        assert not dead.intersection(re.findall(r'href="(/learn/[^"]+)"', page)), path


def indexable() -> dict[str, Article]:
    articles = Article.objects.indexable().for_page()
    return {article.get_absolute_url(): article for article in articles}


def test_titles_and_descriptions_are_unique(library: Library) -> None:
    heads = [seo.article_head(article) for article in indexable().values()]
    assert len(heads) > 50
    for texts in ([head.title for head in heads], [head.description for head in heads]):
        assert [text for text, count in Counter(texts).items() if count > 1] == []
        assert all(text.strip() for text in texts)


def test_every_graph_is_valid(library: Library) -> None:
    for article in Article.objects.published().for_page().iterator(chunk_size=500):
        script = str(seo.article_head(article).jsonld)
        nodes = json.loads(script.partition(">")[2].rpartition("</script>")[0])["@graph"]
        assert list(problems(nodes)) == [], article.get_absolute_url()


def test_every_canonical_is_indexable_and_its_own(library: Library) -> None:
    own = {seo.absolute(path) for path in indexable()}
    for article in Article.objects.published().for_page().iterator(chunk_size=500):
        head = seo.article_head(article)
        if head.is_indexed:
            assert head.canonical in own
            assert head.picture is not None


def test_sitemaps_hold_the_indexable_pages_and_nothing_else(library: Library) -> None:
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
def test_pages_of_topics_are_canonical_to_themselves_and_say_what_no_other_does(library: Library) -> None:
    texts: Counter[str] = Counter()
    sitemap = Client().get("/sitemap.topics.xml").getvalue().decode()
    found = re.findall(r"<loc>([^<]+)</loc><lastmod>", sitemap)
    assert len(found) == topics.open_topics().count() + topics.open_counts().count()
    asked = found[::5]  # of hundreds
    for address in asked:
        head = Client().get(address.removeprefix(SITE)).text.partition("</head>")[0]
        assert f'<link rel="canonical" href="{address}">' in head
        assert "noindex" not in head
        texts.update(re.findall(r'<title>[^<]+|<meta name="description" content="[^"]+', head))
    assert len(texts) == 2 * len(asked)
    assert [text for text, times in texts.items() if times > 1] == []


@pytest.mark.slow
@pytest.mark.any_database
def test_no_article_is_further_than_four_clicks_from_the_library(library: Library) -> None:
    """Follows the links of lists only: what is found from them is found without any related question."""
    client = Client()
    clicks, waiting = {"/learn": 0}, ["/learn"]
    left = set(indexable())
    while waiting and left:
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
                left.discard(target)
                if "/questions/" not in target and clicks[target] < MOST_CLICKS:
                    waiting.append(target)
    assert left == set()
