from __future__ import annotations

import pytest

from learn.editing import content_health
from learn.models import Article
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db

SOUND = "A sentence with enough words in it to be an answer that nobody would call thin. " * 8


@pytest.fixture
def sound() -> Article:
    """An article with nothing wrong, and the one that it relates to (which relates to nothing)."""
    other = make_article(answer=SOUND)
    article = make_article(answer=SOUND + "The end.", keywords="light, waves")
    make_link(article, other)
    return article


def affected(key: str) -> set[Article]:
    return set(content_health.affected(content_health.KINDS[key]))


def test_a_sound_article_has_no_finding(sound: Article) -> None:
    refresh_links(sound)
    assert [key for key in content_health.KINDS if sound in affected(key)] == []


def refresh_links(article: Article) -> None:
    """Links made behind the article's back: let it look at them."""
    article.refresh_link_flaws()


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("formulas", SOUND + r"$\frac{1}$."),
        ("math", SOUND + r"\(x."),
        ("code", SOUND + "`x."),
        ("markup", SOUND + "**x."),
        ("cut-off", SOUND + "and then the"),
        ("refusals", "I cannot answer this question. " + SOUND),
        ("leaks", "Based on the gathered information, it is so. " + SOUND),
        ("thin", "Too short."),
    ],
)
def test_each_flaw_of_an_answer_is_found_by_its_kind_only(key: str, answer: str) -> None:
    article = make_article(answer=answer)
    found = [key for key, kind in content_health.KINDS.items() if kind.flaw and article in affected(key)]
    assert found == [key]


def test_only_what_visitors_see_counts() -> None:
    make_article(answer="Too short.", status=Article.Status.DRAFT)
    assert content_health.counts()["thin"] == 0


def test_descriptions_are_missing_or_begin_alike() -> None:
    same = "This description is the same for longer than search results show of it. " * 2
    bare = make_article(description="")
    first, second = make_article(description=same + "One."), make_article(description=same + "Two.")
    make_article(description="One of its own.")
    assert affected("no-description") == {bare}
    assert affected("descriptions") == {first, second}


def test_copies_do_not_compete_with_their_canonical_for_a_description() -> None:
    make_article(subject="physics", question="Q?", answer=SOUND, description="Same.")
    copy = make_article(subject="zoology", question="Q?", answer=SOUND, description="Same.")
    assert affected("duplicates") == {copy}
    assert affected("descriptions") == set()


def test_namesakes_answer_one_question_differently() -> None:
    first = make_article(subject="physics", slug="what", answer=SOUND)
    second = make_article(subject="zoology", slug="what", answer=SOUND * 2)
    make_article(subject="physics", slug="other", question="Same?", answer=SOUND)
    make_article(subject="zoology", slug="other", question="Same?", answer=SOUND)
    assert affected("namesakes") == {first, second}


def test_links_to_nowhere_and_to_what_is_not_published() -> None:
    to_nothing, to_draft, fine = make_article(), make_article(), make_article()
    make_link(to_nothing, None)
    make_link(to_draft, make_article(status=Article.Status.DRAFT))
    make_link(fine, make_article())
    assert affected("dead-links") == {to_nothing, to_draft}


def test_links_that_repeat_or_lack(sound: Article) -> None:
    other = make_article()
    for position in (1, 2):
        make_link(other, sound, position=position)
    lonely = make_article()
    for article in (sound, other, lonely):
        refresh_links(article)
    assert affected("repeated-links") == {other}
    assert lonely in affected("no-related")
    assert sound not in affected("no-related")


def test_counts_agree_with_the_places(sound: Article) -> None:
    make_article(answer="Too short, and a `tick")
    make_article(description="")
    make_link(make_article(), None)
    counts = content_health.counts()
    for report in content_health.report():
        assert report.count == counts[report.kind.key] == len(report.locations), report.kind.key


def test_counting_always_costs_twelve_queries(django_assert_num_queries) -> None:
    for _ in range(3):
        make_article(answer="Short `x", description="")
    with django_assert_num_queries(
        12
    ):  # the flaws, the links' flaws, words, links in answers (2), seven kinds of their own
        content_health.counts()


def test_a_place_names_the_line_and_the_matter() -> None:
    article = make_article(answer=f"{SOUND}\n\nThe `tick stays open.")
    other = make_article(answer=SOUND)
    make_link(other, None, url="/learn/physics/questions/nowhere")
    code, dead = content_health.report(["code", "dead-links"])
    assert code.locations == [
        content_health.Location(
            article.get_absolute_url(), article.question, "A backtick opens code that nothing closes.", 3
        )
    ]
    assert dead.locations == [
        content_health.Location(
            other.get_absolute_url(), other.question, "/learn/physics/questions/nowhere", 0
        )
    ]


def test_a_report_may_be_limited() -> None:
    for _ in range(3):
        make_article(answer="Short.")
    (report,) = content_health.report(["thin"], limit=2)
    assert (report.count, len(report.locations)) == (3, 2)
