"""Find and replace over many articles: every hit is shown, may be left out, and can be taken back."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from learn.changesets import finding, making, reverting
from learn.changesets.finding import PatternError, Search, replaced
from learn.changesets.registry import KINDS
from learn.changesets.repairs import REPAIRS
from learn.models import Article, ChangeItem, ChangeSet, RelatedLink, Revision, WorkingCopy
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import confirm
from tests.changesets.conftest import look_at, run
from tests.factories import make_article, make_link

OPTIONS = {
    "find": "in the provided context", "replace": "here", "is_pattern": False, "whole_words": False,
    "match_case": True, "where": "outside", "fields": ["answer"], "into": "live",
}  # fmt: skip
State, ItemState = ChangeSet.State, ChangeItem.State


def replace_set(user: User, *articles: Article, **options: object) -> ChangeSet:
    items = making.of_articles(article.pk for article in articles or Article.objects.order_by("pk"))
    return making.create("replace", "Replace", user, items, options={**OPTIONS, **options})


def answers() -> list[str]:
    return list(Article.objects.order_by("pk").values_list("answer", flat=True))


# --- Pure -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "text", "expected"),
    [
        (Search("x", "y"), "x X axb", "y X ayb"),
        (Search("x", "y", match_case=False), "x X", "y y"),
        (Search("é", "e", match_case=False), "É é", "e e"),
        (Search("x", "y", whole_words=True), "x ax x_ (x) éx", "y ax x_ (y) éx"),
        (
            Search("x", "y", where="outside"),
            "x `x` $x^2$ \\(x\\)\n```\nx\n```\nx",
            "y `x` $x^2$ \\(x\\)\n```\nx\n```\ny",
        ),
        (Search("x", "y", where="inside"), "x `x` $x^2$\n```\nx\n```\nx", "x `y` $y^2$\n```\ny\n```\nx"),
        (Search("5", "6", where="outside"), "It costs $5 or $7.", "It costs $6 or $7."),
        (Search("a.c", "y"), "abc a.c", "abc y"),
        (Search("a.c", "y", is_pattern=True), "abc a.c a\nc", "y y a\nc"),
        (Search(r"(\w+) (\w+)", r"\u2 \1\n\\", is_pattern=True), "hello world", "World hello\n\\"),
        (Search(r"^- ", "* ", is_pattern=True), "- a\n- b", "* a\n* b"),
        (Search(r"\b", "|", is_pattern=True), "a b", "a b"),  # a place without width is no hit
        (Search("aa", "a"), "aaaa", "aa"),
    ],
)
def test_what_is_found_and_what_stands_there_then(search: Search, text: str, expected: str) -> None:
    assert replaced(text, search.hits("answer", text)) == expected


@pytest.mark.parametrize(
    ("find", "replace"),
    [
        ("(", ""), ("a*", ""), ("", ""), ("^", ""), ("$|x", ""), ("[", ""), ("a{1001}", ""), ("(?=a)", ""),
        (r"(a)\1", ""),
        ("(?P<n>a)", r"\2"), ("a", r"\q"), ("a" * 1_001, ""), ("a", "b" * 5_001), ("a\0", ""), ("a", "\ud800"),
        ("((a{100}){100}){100}", ""),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_used_says_why(find: str, replace: str) -> None:
    with pytest.raises(PatternError, match=r"\w"):
        Search(find, replace, is_pattern=True)


HOSTILE = [
    *(f"({inner})+$" for inner in ("a+", "a|a", "a|aa", "a*a", "(a+)+", "[a-z]+", r"\w+", ".+", "a?a", "a+a+")),
    *(f"^({inner})*!$" for inner in ("a+", "a|a", "a|aa", "(a*)*a", "(a+)+", "[a-z]+", r"\w+", ".+", "aa?", "a+b?")),
    *("a?" * n + "a" * n for n in (10, 20, 30, 50)), *(f"(.*){{{n}}}b" for n in (2, 5, 10, 20)),
    *(f"(a{{1,{n}}}){{1,{n}}}b" for n in (5, 10, 20, 30)), "(x+x+)+y", "(.*)(.*)(.*)(.*)(.*)z", "(a|b|ab)*c",
    "([^!]*)*!!",
    r"(\s*a\s*)*$", r"(?:(?:a+)b?)+c", r"([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}x", "(a{0,50}){0,10}z",
    r"^(([a-z])+.)+[A-Z]([a-z])+$", "(a+)*b|c", r"(\w*\s*)*;", "(?i)(A+)+$x", r"(\pL+)+\d", "(ab?)*(ba?)*c",
    "[^z]*z[^z]*z",
    "(?s)(.+)+!!", r"(?:a\w*)*#", "((a+)(a+))+q",
]  # fmt: skip


def test_hostile_patterns_are_refused_or_linear() -> None:
    """Each of them keeps an engine that tracks back busy for years; here ten times the text takes about ten times."""
    assert len(HOSTILE) >= 50
    short, long = "a" * 3_000 + "!", "a" * 30_000 + "!"
    for pattern in HOSTILE:
        try:
            search = Search(pattern, "b", is_pattern=True)
        except PatternError:
            continue
        begun = time.process_time()
        search.hits("answer", short)
        first = time.process_time() - begun
        search.hits("answer", long)
        second = time.process_time() - begun - first
        assert second < 100 * first + 1, (pattern, first, second)  # what doubles with each letter never ends


def test_a_replacement_of_many_megabytes_is_refused_before_it_is_made() -> None:
    with pytest.raises(finding.TooLongError):
        Search("a", "b" * 5_000).hits("answer", "a" * 20_000)


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("gathered", "In the provided context, light bends.", "Light bends."),
        ("as-an-ai", "As an AI language model, I think so.", "I think so."),
        ("feel-free", "So it is.\n\nFeel free to ask more!\n", "So it is."),
        ("spaces", "One  word\n    code   here", "One word\n    code here"),
        (
            "bold",
            "- ** Heat**: it\n** Cold **: it **a** b **c**",
            "- **Heat**: it\n**Cold**: it **a** b **c**",
        ),
    ],
)
def test_saved_searches_mend_what_they_are_for(key: str, text: str, expected: str) -> None:
    search = REPAIRS[key].search
    assert replaced(text, search.hits("answer", text)) == expected


# --- Sets -----------------------------------------------------------------------------------------------------------


def test_hits_are_left_out_replaced_and_taken_back(user: User, client: Client) -> None:
    for n in range(6):
        make_article(answer=f"It is, in the provided context, {n}.\n\nAgain in the provided context.")
    make_article(answer="Nothing of it.")
    before = answers()
    change_set = look_at(replace_set(user))
    assert (change_set.ready, change_set.items.count()) == (6, 6)
    items = list(change_set.items.order_by("pk"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    User.objects.update(is_staff=True)
    page = reverse("admin:learn_changeset_choose", args=[change_set.pk])
    # Of the first article the second hit, of the second both: three hits are left out.
    client.post(
        page, {"shown": [items[0].pk, items[1].pk], "item": [items[0].pk], "hit": [f"{items[0].pk}.0"]}
    )
    change_set.refresh_from_db()
    assert change_set.ready == 5
    run(change_set)
    assert change_set.changed == 5
    assert answers()[0] == "It is, here, 0.\n\nAgain in the provided context."
    assert answers()[1] == before[1]
    assert answers()[2] == "It is, here, 2.\n\nAgain here."
    assert Revision.objects.filter(change_set=change_set).count() == 5
    back = run(reverting.revert(KINDS, change_set, user))
    assert (back.changed, answers()) == (5, before)


@pytest.mark.django_db
def test_who_may_not_publish_replaces_in_drafts_and_takes_that_back() -> None:
    edna = make_user("edna", "Editor")
    live = make_article(answer="It is in the provided context.")
    draft = make_article(answer="It is in the provided context.", status="draft")
    change_set = run(replace_set(edna, into="drafts"))
    assert (change_set.state, change_set.changed) == (State.DONE, 2)
    assert answers() == ["It is in the provided context.", "It is here."]
    assert WorkingCopy.objects.get(article=live).values["answer"] == "It is here."
    back = run(reverting.revert(KINDS, change_set, edna))
    assert (back.changed, back.refused) == (2, 0)
    assert not WorkingCopy.objects.exists()
    assert Article.objects.get(pk=draft.pk).answer == "It is in the provided context."
    forged = look_at(replace_set(edna, live))
    confirm_page = reverse("admin:learn_changeset_confirm", args=[forged.pk])
    assert logged_in(edna).post(confirm_page, {"sure": "1", "number": "1"}).status_code == 403


def test_titles_of_links_and_other_fields(user: User) -> None:
    article = make_article(question="Why is in the provided context?", keywords="a, in the provided context")
    make_link(article, None, title="What in the provided context?")
    run(replace_set(user, fields=["question", "keywords", "links"]))
    article.refresh_from_db()
    assert (article.question, article.title, article.keywords) == ("Why is here?",) * 2 + ("a, here",)
    assert RelatedLink.objects.get().title == "What here?"


def test_an_article_that_changed_after_the_preview_or_would_be_broken_is_refused(user: User) -> None:
    changed, emptied = (
        make_article(answer="in the provided context"),
        make_article(answer="in the provided context"),
    )
    change_set = look_at(replace_set(user, replace=""))
    changed.answer = "in the provided context, or not"
    changed.save()
    run(change_set)
    assert (change_set.state, change_set.changed, change_set.refused) == (State.PARTLY, 0, 2)
    assert "Write the answer" in change_set.items.get(article_key=emptied.pk).reason
    assert answers() == ["in the provided context, or not", "in the provided context"]


@pytest.mark.django_db
def test_the_form_offers_repairs_refuses_bad_patterns_and_leads_to_the_preview() -> None:
    client = logged_in(make_user("paul", "Publisher"))
    make_article(answer="In the provided context, it is so. Please feel free to ask." + " More words." * 80)
    assert "repair=gathered" in client.get(reverse("admin:content_health_kind", args=["leaks"])).text
    form = {**OPTIONS, "fields_of": ["answer"], "match_case": "on"}
    form = {name: value for name, value in form.items() if value is not False and name != "fields"}
    page = reverse("admin:find_and_replace")
    assert r"\u1" in client.get(page, {"repair": "gathered"}).text
    refused = client.post(page, {**form, "find": "(", "is_pattern": "on"})
    assert "no pattern that can be used" in refused.text
    for text in ("a\0", "x" * 1_001, ""):
        assert client.post(page, {**form, "find": text}).status_code == 200
    assert not ChangeSet.objects.exists()
    search = REPAIRS["gathered"].search
    found = client.post(
        page, {**form, "find": search.find, "replace": search.replace, "is_pattern": "on", "match_case": ""}
    )
    assert "<del>In the provided context, i</del><ins>I</ins>" in client.get(found["Location"]).text
    confirm(client, found)
    assert answers()[0].startswith("It is so.")


@pytest.mark.django_db
def test_find_and_replace_of_the_chosen_articles_of_the_list() -> None:
    client = logged_in(make_user("paul", "Publisher"))
    first, _second = (
        make_article(answer="in the provided context"),
        make_article(answer="in the provided context"),
    )
    chosen = {"action": "replace", "_selected_action": [first.pk], "index": "0"}
    changelist = reverse("admin:learn_article_changelist")
    assert "In 1 chosen article." in client.post(changelist, chosen).text
    form = {**OPTIONS, "fields_of": ["answer"], **chosen}
    form = {name: value for name, value in form.items() if value is not False and name != "fields"}
    client.post(changelist, form)
    assert ChangeSet.objects.get().ready == 1
    Group.objects.get(name="Editor").permissions.clear()
    stranger = logged_in(make_user("sam", "Editor"))
    assert stranger.get(reverse("admin:find_and_replace")).status_code == 403
