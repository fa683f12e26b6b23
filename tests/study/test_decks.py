"""Decks: cards with formulas as MathJax, opened by Anki's own library, and as a table."""

from __future__ import annotations

import csv
import io
import warnings
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from django.test import Client
from pytest_django.fixtures import Settings

from learn.models import Article
from learn.rendering import units
from learn.study import cards, decks, stored
from learn.topics import LEAST
from learn.topics.placing import place_articles
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db
ANSWER = (
    "Half of $x$ is $\\frac{x}{2}$, see [here](/learn/physics).\n\n$$\na < b \\ce{H2O}\n$$\n\n1. **one**\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\nA note.[^1]\n\n[^1]: Small."
)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.CARDS_DIR = tmp_path / "cards"
    return tmp_path / "cards" / "decks"


def opened(path: Path, tmp_path: Path) -> Collection:
    """The deck in an empty collection of Anki, where every warning is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        collection = Collection(str(tmp_path / "collection.anki2"))
        request = ImportAnkiPackageRequest(package_path=str(path), options=ImportAnkiPackageOptions())
        log = collection.import_anki_package(request).log
    for kind in (
        "duplicate",
        "conflicting",
        "first_field_match",
        "missing_notetype",
        "missing_deck",
        "empty_first_field",
    ):
        assert not getattr(log, kind), kind
    problems, is_well = collection.fix_integrity()
    assert is_well, problems
    return collection


def test_anki_opens_the_deck_and_shows_what_the_site_shows(client: Client, tmp_path: Path) -> None:
    article = make_article(question="Is $x < 2$ & why?", answer=ANSWER)
    other = make_article()
    make_article(status=Article.Status.DRAFT)
    make_article(no_index=True)
    response = client.get("/learn/physics.apkg")
    assert response.headers["Content-Disposition"] == 'attachment; filename="physics.apkg"'
    path = tmp_path / "physics.apkg"
    path.write_bytes(b"".join(response))
    collection = opened(path, tmp_path)
    assert collection.note_count() == collection.card_count() == 2
    (found,) = [collection.get_note(nid) for nid in collection.find_notes("Answer:*frac*")]
    assert found.fields[0] == r"Is \(x &lt; 2\) &amp; why?"
    assert found.fields[1] == cards.field(article.answer_html)
    assert found.fields[2] == f"http://testserver{article.get_absolute_url()}"
    assert found.tags == ["physics"]
    for expected in (r"\(\frac{x}{2}\)", r"\[a &lt; b \ce{H2O}\]", "<strong>one</strong>", "<td>1</td>"):
        assert expected in found.fields[1]
    for page_only in ("<math", "tabindex", "aria-", 'href="/', 'href="#'):
        assert page_only not in found.fields[1]
    answer = found.cards()[0].answer()
    assert found.fields[0] in answer
    assert other.get_absolute_url() in "".join(
        field for nid in collection.find_notes("") for field in collection.get_note(nid).fields
    )
    collection.close()


def test_a_deck_is_made_once_until_the_subject_changes(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    write = decks.write_apkg
    monkeypatch.setattr(stored, "KEPT_BESIDE", -60)
    monkeypatch.setattr(stored, "write_apkg", lambda *args: made.append(args[1]) or write(*args))
    article = make_article()
    first = b"".join(client.get("/learn/physics.apkg"))
    assert b"".join(client.get("/learn/physics.apkg")) == first
    make_article(subject="chemistry")
    assert b"".join(client.get("/learn/physics.apkg")) == first
    assert len(made) == 1
    article.answer = "Another."
    article.save()
    assert b"".join(client.get("/learn/physics.apkg")) != first
    assert len(made) == len(list(folder.iterdir())) + 1 == 2


def test_conditional_requests(client: Client) -> None:
    make_article()
    for path in ("/learn/physics.apkg", "/learn/physics.csv"):
        response = client.get(path)
        b"".join(response)
        assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
        assert client.get(path.replace("physics", "nothing")).status_code == 404


def test_cards_go_on_beyond_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "ROWS_AT_ONCE", 2)
    numbers = {make_article().pk for _ in range(5)}
    subject = make_subject("physics")
    found = [card.number for card in cards.cards(stored.articles_of(subject))]
    assert len(found) == 5
    assert set(found) == numbers


def test_a_card_stays_itself_when_its_text_changes() -> None:
    article = make_article()
    (before,) = cards.cards(Article.objects.all())
    article.answer = "Another."
    article.save()
    (after,) = cards.cards(Article.objects.all())
    assert before.guid == after.guid
    assert before.answer != after.answer


def test_the_table_is_read_by_anki_and_harms_no_program_for_tables(client: Client, tmp_path: Path) -> None:
    make_article(question='=1+1, or "two"?', answer=ANSWER)
    text = b"".join(client.get("/learn/physics.csv")).decode()
    assert text.startswith("#separator:Comma\n#html:true\n")
    (row,) = csv.reader(io.StringIO(text.removeprefix(decks.CSV_HEAD)))
    assert row[0] == '&#61;1+1, or "two"?'
    assert r"\(\frac{x}{2}\)" in row[1]
    path = tmp_path / "physics.csv"
    path.write_text(text)
    collection = Collection(str(tmp_path / "c.anki2"))
    metadata = collection.get_csv_metadata(str(path), None)
    assert (metadata.is_html, metadata.tags_column, list(metadata.column_labels)[:2]) == (
        True,
        4,
        ["question", "answer"],
    )
    collection.close()


def test_a_formula_that_is_broken_over_lines_comes_once() -> None:
    article = make_article(answer="It is $" + "+".join("abcdefghijklmnopqrstuvwxyz") + " = 5$.")
    assert article.answer_html.count("<math") > 1
    assert cards.field(article.answer_html).count(r"\(") == 1


def test_a_topic_is_a_deck_of_its_own_with_the_most_central_questions_first(
    client: Client, tmp_path: Path, folder: Path
) -> None:
    articles = [make_article(keywords="fog", description="About fog.") for _ in range(LEAST)]
    central = make_article(keywords="fog", description="About fog.", question="What is fog?")
    make_article()
    place_articles()
    path = tmp_path / "fog.apkg"
    response = client.get("/learn/physics/topics/fog.apkg")
    assert response.headers["Content-Disposition"] == 'attachment; filename="physics-fog.apkg"'
    path.write_bytes(b"".join(response))
    collection = opened(path, tmp_path)
    assert collection.card_count() == len(articles) + 1
    assert "QuickTakes Learn: Fog in Physics" in [deck.name for deck in collection.decks.all_names_and_ids()]
    first = collection.get_note(collection.find_notes("", order="c.due asc")[0])
    assert first.fields[0] == central.question_html
    collection.close()
    table = b"".join(client.get("/learn/physics/topics/fog.csv")).decode()
    rows = list(csv.reader(io.StringIO(table.removeprefix(decks.CSV_HEAD))))
    assert rows[0][2] == f"http://testserver{central.get_absolute_url()}"
    assert len(rows) == len(articles) + 1
    (made,) = folder.rglob("*.apkg")
    b"".join(client.get("/learn/physics.apkg"))
    assert made.exists()  # a subject's deck puts no topic's away
    for form in ("apkg", "csv"):
        assert client.get(f"/learn/physics/topics/amber.{form}").status_code == 404
        assert client.get(f"/learn/topics/fog.{form}").status_code == 404  # of one subject alone


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\qty{9.81}{\metre\per\second\squared}", r"\mathrm"),
        (r"\SI{5}{\percent}", r"\%"),
        (r"\num{1.2e-3}", r"10^{-3}"),
        (r"\unit{\kilo\gram}", "kg"),
        (r"x < \ang{30}", "30"),
    ],
)
def test_anki_gets_plain_tex_for_numbers_and_units(written: str, expected: str) -> None:
    card = cards.field(make_article(answer=f"It is ${written}$.").answer_html)
    assert units.COMMAND.search(card) is None
    assert expected in card
    assert ("x &lt;" in card) == ("<" in written)
