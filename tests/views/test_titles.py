"""A question with a formula, code and emphasis: rendered wherever it is text of a page, plain everywhere else."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.test import Client

from learn.models import Article, RelatedLink
from learn.related import popular
from learn.topics import LEAST
from learn.topics.placing import place_articles
from tests.factories import make_article, make_link, make_subject

pytestmark = pytest.mark.django_db

QUESTION = r"Why does `print` show $\frac{a}{b}c$ for *every* zebra & \$5?"
PLAIN = "Why does print show (a/b)c for every zebra & $5?"
DESCRIPTION = r"What `print` makes of $x^2$."


@pytest.fixture
def article() -> Article:
    make_subject("physics", description="All about $E = mc^2$ and *more*.")
    return make_article(slug="zebra", question=QUESTION, description=DESCRIPTION)


def body(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    content = b"".join(response) if response.streaming else response.content  # type: ignore[arg-type]
    return content.decode()


def shows(html: str) -> bool:
    """Whether the question stands in a page rendered, in one piece, and nowhere as it was written."""
    rest = re.sub(r'<annotation encoding="application/x-tex">.*?</annotation>', "", html)
    assert "$\\frac" not in rest
    assert "`print`" not in rest
    assert "*every*" not in rest
    return bool(
        re.search(
            r"Why does <code>print</code> show <math alttext=[^>]*>.*?</math> for <em>every</em>"
            r" (?:<mark>)?zebra(?:</mark>)? &amp; \$5\?",
            rest,
        )
    )


def test_the_heading_is_rendered_and_the_head_is_plain(client: Client, article: Article) -> None:
    html = body(client, article.get_absolute_url())
    head, _, page = html.partition("<body")
    assert shows(re.search(r"<h1.*?</h1>", page, re.DOTALL)[0])  # type: ignore[index]
    escaped = PLAIN.replace("&", "&amp;")
    assert f"<title>{escaped}</title>" in head
    assert f'<meta property="og:title" content="{escaped}">' in head
    assert '<meta name="description" content="What print makes of x².">' in head
    assert '<meta property="og:description" content="What print makes of x².">' in head
    assert f'<meta property="og:image:alt" content="Physics: {escaped}">' in head


def test_structured_data_is_plain(client: Client, article: Article) -> None:
    html = body(client, article.get_absolute_url())
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1])  # type: ignore[index]
    texts = list(strings(data))
    assert texts.count(PLAIN) >= 4
    assert "What print makes of x²." in texts
    assert not [text for text in texts if "\\frac" in text or "`" in text or "*every" in text]


def strings(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in strings(value)]
    if isinstance(data, list):
        return [text for value in data for text in strings(value)]
    return [data] if isinstance(data, str) else []


def test_lists_and_neighbours_are_rendered(client: Client, article: Article) -> None:
    other = make_article(slug="other", question="What is a zebra?", keywords="zebra")
    for _ in range(LEAST):
        make_article(keywords="zebra", description="A zebra.", date=dt.date(2000, 1, 1))
    Article.objects.filter(pk=article.pk).update(keywords="zebra")
    place_articles()
    make_link(other, article)
    RelatedLink.objects.resolve()
    for path in ("/learn", "/learn/physics", other.get_absolute_url()):
        assert shows(body(client, path)), path
    html = body(client, other.get_absolute_url())
    neighbours = html.partition("neighbours")[2]
    assert shows(neighbours)
    assert shows(html.partition('id="related"')[2].partition("neighbours")[0])


def test_the_description_of_a_subject_is_rendered_and_plain_in_its_head(
    client: Client, article: Article
) -> None:
    html = body(client, "/learn/physics")
    assert 'content="All about E = mc² and more."' in html
    assert re.search(r'<p class="lead">All about <math [^>]*>.*?</math> and <em>more</em>\.</p>', html)


def test_results_are_rendered_with_what_was_found_marked(client: Client, article: Article) -> None:
    html = body(client, "/learn/search?q=zebra")
    results = html.partition('class="questions"')[2]
    assert shows(results)
    assert "<mark>zebra</mark>" in results


def test_suggestions_are_plain(client: Client, article: Article) -> None:
    (found,) = json.loads(body(client, "/learn/search/suggest?q=zebra"))["suggestions"]
    assert found["question"] == PLAIN


def test_feeds_and_texts_for_programs_are_plain(client: Client, article: Article) -> None:
    for path in ("/learn/feed.atom", "/learn/physics/feed.atom"):
        feed = body(client, path)
        assert f"<title>{PLAIN.replace('&', '&amp;')}</title>" in feed
        assert ">What print makes of x².</summary>" in feed
    listed = body(client, "/learn/physics.md")
    assert f"[{PLAIN}]" in listed
    twin = body(client, f"{article.get_absolute_url()}.md")
    assert PLAIN in twin.partition("\n---\n")[0]
    assert f"# {QUESTION}" in twin  # Markdown, in the words of its author
    make_link(make_article(), article)
    RelatedLink.objects.resolve()
    popular.refresh()
    about = body(client, "/llms.txt")
    assert f"[{PLAIN}]" in about
    assert "All about E = mc² and more." in about
    assert "$\\frac" not in about


def test_an_editor_is_told_of_a_formula_in_a_question_that_cannot_be_drawn() -> None:
    made = make_article(question=r"Is $\nosuchcommand$ it?")
    assert [code for code, message in made.render_problems if message.startswith("In the question: ")] == [
        "math-failed"
    ]
