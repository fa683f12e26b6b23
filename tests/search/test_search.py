from __future__ import annotations

import datetime as dt
import random
import string

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from learn import search
from learn.models import Article
from learn.search import matching, sqlite
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db


def found(text: str) -> list[Article]:
    """What holds all words of `text`."""
    results = search.search(text)
    return [hit.article for hit in results.hits[: results.total]]


def make(question: str, **values: object) -> Article:
    """An article without words of its own beside those given."""
    values = {"answer": "Nothing.", "description": "", "keywords": "", **values}
    return make_article(question=question, **values)


# --- What is found


def test_finds_words_in_every_field_in_all_their_forms() -> None:
    question = make("Which walls absorb energies?")
    description = make("First?", description="How energy was absorbed.")
    keywords = make("Second?", keywords="absorbing, energy")
    answer = make("Third?", answer="It *absorbs* energy.")
    make("Fourth?", answer="It emits energy.")
    assert found("energy absorbs") == [question, description, keywords, answer]


def test_the_question_counts_most_then_description_keywords_and_answer() -> None:
    answer = make("First?", answer=("Entropy is named here" + " and much else is said" * 14 + ". ") * 5)
    keywords = make("Second?", keywords="entropy, " * 20)
    description = make(
        "Third?",
        description="Entropy, and what else there is to say of it in a sentence of the usual length, "
        "which names the things that it has to do with.",
    )
    question = make("How does one measure, in the laboratory and by calculation, the entropy of a substance?")
    assert found("entropy") == [question, description, keywords, answer]


def test_short_questions_and_words_in_order_come_first() -> None:
    long = make("How do changes of demand and of supply together move the price and the amount that is sold?")
    turned = make("How do demand and supply meet?")
    short = make("What are supply and demand?")
    same = make("Supply and demand?")
    assert found("supply and demand") == [same, short, turned, long]


def test_the_rarer_word_counts_more() -> None:
    for number in range(6):
        make(f"What is function {number}?")
    search.refresh_vocabulary()
    common = make("What is a function?", answer="It has an asymptote.")
    rare = make("What is an asymptote?", answer="Of a function.")
    assert found("function asymptote")[:2] == [rare, common]


def test_phrases_are_found_as_they_stand() -> None:
    phrase = make("What is the speed of light?")
    make("What is light speed?", answer="The speed at which light, of any colour, goes.")
    assert found('"speed of light"') == [phrase]
    assert found('"light of speed"') == []


def test_a_minus_leaves_out() -> None:
    plant = make("What is a plant cell?")
    make("What is an animal cell?")
    make("What is a cell?", answer="The smallest unit of an animal.")
    assert found("cell -animal") == [plant]
    assert found('cell -"animal cell"')[0].question == "What is a cell?"
    assert found("-animal") == []


@pytest.mark.parametrize("text", ["schrodinger", "Schrödinger", "SCHRÖDINGER", "schrödinger's"])
def test_case_and_accents_make_no_difference(text: str) -> None:
    article = make("What does Schrödinger's equation say?")
    assert found(text) == [article]


@pytest.mark.parametrize(
    "text", ["TCP", "ip", "TCP/IP", "v2", "e.g.", "user", "example", "x-ray", "b", "snake_case"]
)
def test_punctuation_only_separates_words(text: str) -> None:
    article = make("How do TCP/IP v2.5, e.g. user@example.com, an x-ray and <b>snake_case</b> relate?")
    assert found(text) == [article]


def test_common_words_alone_are_looked_up_in_questions() -> None:
    question = make("What is the who?")
    make("Question?", answer="What is the who?")
    assert found("the who") == [question]
    assert found('"is the who"') == [question]
    assert found('"who is the"') == []


def test_a_very_long_answer_can_be_saved_and_found() -> None:
    words = "".join(f"w{number} " for number in range(20_000))
    article = make("Long?", answer=f"needle {words}")
    assert found("needle") == [article]


# --- Who sees what


def test_finds_only_what_search_engines_may_know() -> None:
    public = make("Energy one?")
    make("Energy two?", status=Article.Status.DRAFT)
    make("Energy three?", status=Article.Status.UNPUBLISHED)
    make("Energy four?", no_index=True)
    make("Energy five?", publish_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    make("Energy six?", subject=make_subject("secret-lore", is_listed=False))
    assert found("energy") == [public]
    assert search.search("energy").total == 1
    assert [each.question for each in search.suggest("energ")] == ["Energy one?"]


def test_one_question_under_several_subjects_is_found_once() -> None:
    make("What is energy?", subject="physics", date=dt.date(2025, 1, 2))
    first = make("What is energy?", subject="chemistry", date=dt.date(2025, 1, 1))
    assert found("energy") == [first]
    assert [(facet.subject.slug, facet.count) for facet in search.search("energy").facets] == [
        ("chemistry", 1)
    ]


def test_an_edit_is_found_at_once() -> None:
    article = make("What is phlogiston?")
    assert found("phlogiston") == [article]
    article.question = "What is oxygen?"
    article.save()
    assert found("phlogiston") == []
    assert found("oxygen") == [article]
    article.delete()
    assert found("oxygen") == []


# --- Subjects, counts, pages


def test_a_subject_limits_the_results_and_not_the_counts() -> None:
    for number in range(3):
        make(f"Energy {number}?", subject="physics")
    biology = make("Energy of cells?", subject="biology")
    results = search.search("energy", biology.subject)
    assert [hit.article for hit in results.hits] == [biology]
    assert results.total == 1
    assert [(facet.subject.slug, facet.count) for facet in results.facets] == [("physics", 3), ("biology", 1)]


def test_a_subject_is_asked_of_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others have of a common word is not walked through for what a small subject has of it."""
    monkeypatch.setattr(sqlite, "WALK", 2)
    for module in (search, matching):
        monkeypatch.setattr(module, "COUNTED", 2)
    for number in range(3):
        make(f"Energy {number}?", subject="physics")
    article = make("Energy of cells?", subject="biology")
    results = search.search("energy", article.subject)
    assert [hit.article for hit in results.hits] == [article]
    assert search.search("energy -cell", article.subject).total == 0


def test_a_moved_article_is_found_in_its_new_subject_only() -> None:
    article = make("Energy of cells?", subject="biology")
    old, new = article.subject, make_subject("physics")
    Article.objects.filter(pk=article.pk).update(subject=new)
    assert [hit.article for hit in search.search("energy", new).hits] == [article]
    assert search.search("energy", old).hits == []


def test_a_number_is_no_subject() -> None:
    article = make("What is a cell?")
    assert found(f'cell -"{article.subject.pk}"') == [article]
    assert search.search(str(article.subject.pk)).hits == []


def test_pages_hold_every_result_once() -> None:
    articles = {make(f"Energy {number}?").pk for number in range(25)}
    results = [search.search("energy", page=page, page_size=10) for page in (1, 2, 3, 4)]
    pages = [[hit.article.pk for hit in page.hits] for page in results]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert {pk for page in pages for pk in page} == articles
    assert {page.reachable for page in results} == {25}


def test_counts_and_ranking_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more matches than are ranked, those with the words in the question are ranked first."""
    for module in (search, matching):
        monkeypatch.setattr(module, "RANKED", 4)
        monkeypatch.setattr(module, "COUNTED", 9)
    for number in range(6):
        make(f"Question {number}?", answer="Energy.", subject="physics")
    for number in range(3):
        make(f"Heading {number}?", description="Energy.", subject="chemistry")
    asked = {make(f"Energy {number}?", subject="biology").pk for number in range(2)}
    results = search.search("energy")
    assert (results.total, results.is_capped) == (9, True)
    assert results.reachable == 4
    assert {hit.article.pk for hit in results.hits[:2]} == asked
    assert [(facet.subject.title, facet.count) for facet in results.facets] == [
        ("Biology", None),
        ("Chemistry", None),
        ("Physics", None),
    ]
    biology = Article.objects.get(pk=min(asked)).subject
    limited = search.search("energy", biology)
    assert (limited.total, limited.is_capped, len(limited.facets)) == (2, False, 3)


def test_numbers_do_not_stand_for_the_subject_that_the_index_holds() -> None:
    """A subject is a word of the index: its key is neither found nor excluded as one."""
    one = make("What stores energy?")
    subject = one.subject
    for chosen in (None, subject):
        assert [hit.article for hit in search.search(f"energy -{subject.pk}", chosen).hits] == [one]
        assert search.search(f'"{subject.pk}"', chosen).hits == []
        assert search.search(f"#{subject.pk}", chosen).hits == []
        assert search.search("energy -stores", chosen).hits == []


def test_where_nothing_holds_all_words_those_that_hold_most_are_found() -> None:
    best = make("How do plants make sugar from light?", answer="By photosynthesis.")
    some = make("How do plants grow?", answer="With sugar.")
    make("How do fish breathe?")
    results = search.search("how exactly do plants make sugar from light in the deep sea")
    assert [hit.article for hit in results.hits] == [best, some]
    assert (results.total, results.partial) == (0, 2)


def test_what_holds_all_words_comes_before_what_holds_most() -> None:
    part = make("What do plants and fungi share with animals?")
    whole = make("Plants, fungi?", answer="Nitrogen.")
    results = search.search("plants fungi nitrogen")
    assert [hit.article for hit in results.hits] == [whole, part]
    assert (results.total, results.partial) == (1, 1)


# --- What is shown


def test_marks_what_was_found() -> None:
    make(
        "How do cells store energy?",
        answer="In ATP. " * 60 + "Cells store **energies** in <i>bonds</i>. " + "x " * 300,
    )
    (hit,) = search.search("energy cell").hits
    assert hit.title == "How do <mark>cells</mark> store <mark>energy</mark>?"
    assert "<mark>Cells</mark> store <mark>energies</mark> in" in hit.snippet
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    assert len(hit.snippet) < 400


def test_nothing_in_an_article_becomes_html() -> None:
    make(
        "What is <script>alert(1)</script> & “energy”?",
        answer="`<img src=x onerror=alert(2)>` energy & `</mark>`",
    )
    (hit,) = search.search("energy script onerror").hits
    for html in (hit.title, hit.snippet):
        assert "<" not in html.replace("<mark>", "").replace("</mark>", "")
    assert "&lt;<mark>script</mark>&gt;" in hit.title
    assert "&lt;img src=x <mark>onerror</mark>" in hit.snippet


def test_a_snippet_falls_back_to_the_beginning_of_the_answer() -> None:
    make("What is entropy?", answer="It never decreases.")
    assert search.search("entropy").hits[0].snippet == "It never decreases."


# --- Suggestions, and what editors search


def test_editors_find_everything_they_may_see() -> None:
    published = make("Energy?")
    draft = make("What about energy?", status=Article.Status.DRAFT)
    assert search.article_ids("energ") == [published.pk, draft.pk]
    assert search.article_ids("energ", Article.objects.filter(status=Article.Status.DRAFT)) == [draft.pk]
    by_subject = Article.objects.filter(subject__title="Physics")
    assert search.article_ids("energy", by_subject, limit=1) == [published.pk]
    assert search.article_ids("energy", Article.objects.none()) == []
    assert search.article_ids("") == []


# --- Any text


def hostile_texts(count: int) -> list[str]:
    """Query syntax of both databases, quotes, operators, control characters, other scripts: put together at random."""
    pieces = [
        '"', "'", "(", ")", "*", "-", "+", "^", ":", "{", "}", "[", "]", "|", "&", "!", "<->", "~", "\\", "%", "_", ";",
        "--", "/*", "\x00", "\n", "\t", "\ud800", "\ufffd", "\u202e", "\u0301", "é", "ß", "İ", "日本語", "العربية",
        "हिन्दी", "🙂", "𝒜", "²", "½", "AND", "OR", "NOT", "NEAR(", "question:", "rowid:", "learn_search", "energy",
        "the", "a", "%s", "{0}", "$1", "<script>", "&amp;", "DROP TABLE", "NULL", "1e999", "0x41", "' OR 1=1 --",
        '" OR "', "*:*", ":*", "a:*", "''", '""""', "-" * 50, "(" * 50, "a" * 400, "-energy", '-"', "“", "”",
    ]  # fmt: skip
    rng = random.Random(20260711)  # noqa: S311 the same texts at every run
    texts = [*pieces, *string.printable]
    while len(texts) < count:
        texts.append(rng.choice(["", " "]).join(rng.choices(pieces, k=rng.randint(1, 8))))
    return texts


@pytest.mark.slow
def test_no_text_raises() -> None:
    make("What is energy?", subject="physics")
    search.refresh_vocabulary()
    subject = make_subject("physics")
    for number, text in enumerate(hostile_texts(2_000)):
        results = search.search(text, subject if number % 3 == 0 else None, page=1 + number % 2)
        results.query.encode()
        search.suggest(text)
        if number % 4 == 0:
            search.article_ids(text)


# --- Cost


def test_a_search_asks_few_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(8):
        make(f"Energy and matter {number}?")
    search.refresh_vocabulary()
    # synonyms, how common the words are, the subjects; the counts, their subjects; the matches, what holds some of the
    # words, the answers of the best; what is pinned; the page of articles
    with django_assert_num_queries(10):
        search.search("energy matter")
    # the words that begin so, synonyms, how common they are, the subjects; the matches; what is pinned; the articles
    with django_assert_num_queries(7):
        search.suggest("energy mat")


def test_the_index_is_used() -> None:
    """Neither database reads all articles to find some."""
    subject = make_subject()
    Article.objects.bulk_create(
        Article(subject=subject, slug=f"w{number}", question=f"w{number}?", answer="w", is_indexable=True)
        for number in range(1_000)
    )
    query = search.parse("w7")
    sql, parameters = matching.Search(query, Article.objects.indexable()).statement("learn_article.id", 10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            # How often this transaction walked the index, and the table: the plan of a function is not shown.
            scans = "SELECT pg_stat_get_xact_numscans(%s::regclass), pg_stat_get_xact_numscans(%s::regclass)"
            cursor.execute(scans, ["learn_search_words", "learn_search"])
            before = cursor.fetchone()
            cursor.execute(sql, parameters)
            assert len(cursor.fetchall()) == 1
            cursor.execute(scans, ["learn_search_words", "learn_search"])
            assert cursor.fetchone() == (before[0] + 1, before[1])
        cursor.execute(
            f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}", parameters
        )
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert ("learn_search_matching" if connection.vendor == "postgresql" else "learn_search VIRTUAL") in plan
    assert "Seq Scan" not in plan
    assert "SCAN learn_article" not in plan
