from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from learn.editing import content_health
from tests.factories import make_article, make_link

pytestmark = pytest.mark.django_db

SOUND = "A sentence with enough words in it to be an answer that nobody would call thin. " * 8


def check(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command("check_content", *arguments, stdout=out, no_color=True, **options)
    return out.getvalue()


def test_reports_that_there_is_nothing_to_fix() -> None:
    assert check().splitlines()[-1] == "Nothing to mend."


def test_lists_each_kind_with_its_count_and_paths() -> None:
    article = make_article(slug="short", answer=f"{SOUND}\n\nand then the")
    make_link(article, None)
    lines = check().splitlines()
    assert "Answers cut off in mid-sentence: 1" in lines
    assert "  /learn/physics/questions/short:3  ends with “and then the”" in lines
    assert "Related links to nowhere: 1" in lines
    assert "Thin answers: 0" in lines
    assert (
        lines[-1] == "4 findings."
    )  # also: no keywords, and links that were made afterwards do not count yet as related


def test_shows_ten_places_of_a_kind_and_all_when_asked() -> None:
    for number in range(12):
        make_article(slug=f"short-{number}", answer="Too short.")
    ten = check("--kind=thin")
    assert ten.count("/learn/physics/questions/") == 10
    assert "... and 2 more: -v 2 shows all." in ten
    assert check("--kind=thin", verbosity=2).count("/learn/physics/questions/") == 12
    assert check("--kind=thin", verbosity=0).splitlines() == ["Thin answers: 12", "12 findings."]


def test_json_holds_every_kind_and_every_place() -> None:
    for number in range(12):
        make_article(slug=f"short-{number:02}", answer="Too short.")
    report = json.loads(check("--format=json"))
    assert report["version"] == 1
    assert [kind["kind"] for kind in report["kinds"]] == list(content_health.KINDS)
    thin = next(kind for kind in report["kinds"] if kind["kind"] == "thin")
    assert (thin["title"], thin["count"], len(thin["articles"])) == ("Thin answers", 12, 12)
    assert thin["articles"][0] == {
        "path": "/learn/physics/questions/short-00",
        "title": thin["articles"][0]["title"],
        "message": "only 2 words",
        "line": 1,
    }


def test_refuses_an_unknown_kind() -> None:
    with pytest.raises(CommandError):
        check("--kind=nonsense")
