"""No public page walks through the library: what one costs must not grow with a million articles.

Every statement that a public page sends is explained. What may be read whole is small whatever the library holds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from learn.db import rows
from learn.models import Article, ArticleTopic, MostRead, RelatedLink, Subject, Topic, TopicCount
from learn.related import similar
from learn.topics.placing import place_articles

pytestmark = pytest.mark.django_db

ARTICLES = 3_000
# One row, one for each subject, a bounded log, or what another index chose already.
SMALL = {"learn_sitestate", "learn_subject", "learn_tally", "learn_missingpage", "learn_mostlinked"}
CHOSEN = {"each", "hidden", "targets", "m", "matches", "CONSTANT", "list", "lists", "best"}
TOPICS = re.compile("topic_largest|topic_count_az|sqlite_autoindex_learn_topic_2")
PAGES = [
    "/learn",
    "/learn/biology",
    "/learn/biology?page=2",
    "/learn/biology?page=42",
    "/learn/biology?page=84",
    "/learn/biology/questions/why-7",
    "/learn/biology/questions/why-7.md",
    "/learn/biology/questions/never-was",
    "/learn/biology/feed.atom",
    "/learn/feed.atom",
    "/learn/search?q=energy",
    f"/learn/search?q={quote('how does the energy of a cell change 77')}",
    "/learn/search?q=energy&subject=biology&page=2",
    "/learn/search/suggest?q=ener",
    "/sitemap.xml",
    "/sitemap.library.xml",
    "/llms.txt",
    "/sitemap-biology.xml",
    "/learn/biology?sort=a-z",
    "/learn/biology?sort=a-z&page=80",
    "/learn/biology?letter=w",
    "/learn/biology?with=code",
    "/learn/biology?with=formulas",
    "/learn/biology?with=tables",
    "/learn/biology?sort=a-z&with=code",
    "/learn/biology?letter=w&with=formulas",
    "/learn/biology?sort=most-read",
    "/learn/biology?sort=most-read&with=tables",
    "/learn/topics",
    "/learn/topics?letter=c",
    "/learn/biology/topics",
    "/learn/biology/topics?letter=c",
    "/learn/biology/topics/cell",
    "/learn/biology/topics/cell?page=40",
    "/learn/biology/topics/cell/feed.atom",
    "/learn/biology/topics/cell.json",
    "/learn/biology/topics/cell/practise?page=40",
    "/learn/biology/practise?page=80",
    "/learn/biology/questions/why-7/cite",
    "/learn/biology/questions/why-7/report",
    "/learn/topics/cell",
    "/learn/topics/cell/practise",
    "/sitemap.topics.xml",
]


@pytest.fixture
def library() -> None:
    biology, other = (
        Subject.objects.create(title="Biology", slug="biology"),
        Subject.objects.create(title="Physics", slug="physics"),
    )
    Article.objects.bulk_create(
        Article(
            subject=biology if number % 3 else other,
            slug=f"why-{number}",
            question=f"How does the energy of cell {number} change?",
            keywords="energy, cells",
            description=f"Energy {number}.",
            answer_text="It is about energy.",
            date=date(2020, 1, 1) + timedelta(days=number // 10),
            content_key=str(number),
            publish_at=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number // 10),
        )
        for number in range(ARTICLES)
    )
    pks = list(Article.objects.order_by("pk").values_list("pk", flat=True))
    RelatedLink.objects.bulk_create(
        RelatedLink(article_id=pk, target_id=target, position=1, url="/")
        for pk, target in zip(pks, reversed(pks), strict=True)
    )
    Article.objects.refresh_indexable()
    similar.refresh_similar(jobs=1)
    place_articles()
    MostRead.objects.bulk_create(
        MostRead(article_id=pk, subject=biology, place=place, day=date(2026, 1, 1))
        for place, pk in enumerate(
            biology.articles.order_by("pk").values_list("pk", flat=True)[:240], start=1
        )
    )
    rows.analyze(Article, MostRead, RelatedLink, ArticleTopic, Topic, TopicCount)


@pytest.mark.usefixtures("library")
def test_no_public_page_reads_a_whole_table() -> None:
    walks: dict[str, set[str]] = {}
    for path in PAGES:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            response = Client().get(path)
            b"".join(response) if response.streaming else response.content
        assert response.status_code == (404 if "never-was" in path else 200), path
        for query in captured:
            for step in plan(query["sql"]):
                walks.setdefault(step, set()).add(path)
    assert walks == {}


def plan(sql: str) -> list[str]:
    """The steps of a statement that read the whole of something large."""
    if not sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return []
    tables = {alias: table for table, alias in re.findall(r'"?(learn_\w+)"? (?:AS )?"?(\w+)"?', sql)}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # of a small table it reads all even where an index would do
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        steps = [str(row[-1]).strip() for row in cursor.fetchall()]
    if connection.vendor == "sqlite":
        # A virtual table is the search index, which is asked for words.
        walked = {step: step.split()[1] for step in steps if re.match(r"SCAN (?!.*VIRTUAL TABLE)", step)}
        # An index that is walked in its order is left when the page is full; all that was published up to now is not.
        if not re.search(r'"subject_id" = \d', sql):
            walked = {step: name for step, name in walked.items() if "article_indexable" not in step}
        # The list of all topics and the sitemap count those with a page, and the sitemap of topics names each.
        walked = {step: name for step, name in walked.items() if not TOPICS.search(step)}
        walked |= {step: "all" for step in steps if "USING INDEX article_publish_at (publish_at<?)" in step}
    else:
        walked = {step: match[1] for step in steps if (match := re.search(r"Seq Scan on (learn_\w+)", step))}
    named = {step: name.rstrip("0123456789") for step, name in walked.items()}  # list0, list1 …
    return [step for step, name in named.items() if tables.get(walked[step], name) not in SMALL | CHOSEN]


def test_the_test_sees_a_walk() -> None:
    assert plan("SELECT answer FROM learn_article WHERE answer LIKE '%a%'")
    assert plan("SELECT T4.answer FROM learn_article T4 ORDER BY answer")
    assert not plan("SELECT answer FROM learn_article WHERE id = 7")
