"""Large changes as a publisher makes them: a leaked phrase, three duplicates, a subject, dead links; and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.admin.test_change_sets import assert_fits_and_is_accessible, confirm
from tests.sites import Site

SCENE = """
from learn.models import Article, RelatedLink, Subject
stars, moons = (Subject.objects.create(slug=slug, title=slug.title()) for slug in ("stars", "moons"))
def write(subject, slug, question, answer):
    return Article.objects.create(subject=subject, slug=slug, question=question, title=question, answer=answer,
                                  description="Of the sky.", status="published")
for number in range(1, 6):
    question, answer = f"How far is moon number {number}?", f"In the provided context, it is {number} away."
    write(moons, f"leak-{number}", question, answer)
for slug in ("why-do-stars-twinkle", "what-makes-stars-twinkle", "why-does-a-star-twinkle"):
    article = write(stars, f"old-{slug}", f"Why do stars twinkle? {slug}", f"The air bends their light: {slug}.")
    article.slug = slug
    article.save()
one = write(stars, "how-old-is-the-sun", "How old is the sun?", "Some 4.6 billion years.")
gone = "/learn/gone/questions/leak-3"
RelatedLink.objects.create(article=one, position=1, title="How far is moon number 3?", url=gone)
"""
STARS = ("why-do-stars-twinkle", "what-makes-stars-twinkle", "why-does-a-star-twinkle")


def shown(page: Page) -> None:
    expect(page.locator("h2").first).to_have_text("Nothing is changed yet", timeout=30_000)


def answer_at(page: Page, path: str) -> str:
    """What the page says, without when it was changed."""
    return page.request.get(f"{path}.md").text().partition("\n# ")[2]


def leads(page: Page, path: str) -> tuple[int, str]:
    answer = page.request.get(path, max_redirects=0)
    return answer.status, answer.headers.get("location", "")


def take_back(page: Page) -> None:
    page.click("text=Take it back")
    shown(page)
    confirm(page)


@pytest.mark.slow
def test_large_changes_are_looked_at_made_and_taken_back(
    log_in: Callable[..., Page], admin_site: Site
) -> None:
    admin_site.manage("shell", "--no-imports", "-c", SCENE)
    page = log_in("ruth")
    replace_a_leaked_phrase(page)
    merge_three(page)
    mend_dead_links(page)
    merge_a_subject(page)


def replace_a_leaked_phrase(page: Page) -> None:
    """A known repair, with three of its hits left out."""
    page.goto("/admin/find-and-replace/?repair=gathered")
    page.select_option("#id_into", "live")
    page.click("text=Show what would change")
    shown(page)
    hits = page.locator("[name=hit]")
    assert hits.count() >= 5
    number = hits.count()
    for place in range(3):
        hits.nth(place).uncheck()
    page.click("text=Leave out what is not ticked")
    shown(page)
    assert_fits_and_is_accessible(page)
    before = [answer_at(page, f"/learn/moons/questions/leak-{n}") for n in range(1, 6)]
    confirm(page)
    after = [answer_at(page, f"/learn/moons/questions/leak-{n}") for n in range(1, 6)]
    changed = [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert len(changed) == number - 3
    assert all("It is" in after[n] for n in changed)
    take_back(page)
    assert [answer_at(page, f"/learn/moons/questions/leak-{n}") for n in range(1, 6)] == before


def merge_three(page: Page) -> None:
    """Every address that any of them ever had leads to the survivor in one hop."""
    page.goto("/admin/learn/article/?q=Why+do+stars+twinkle")
    for slug in STARS:
        page.locator("#result_list tr", has_text=slug).locator("input.action-select").check()
    page.select_option("select[name=action]", label="Merge into one…")
    page.click("button[name=index]")
    stays = page.locator("[name=stays]:checked").locator("xpath=..").locator(".quiet").inner_text()
    page.locator("[data-take]").first.click()
    page.click("text=Show what would happen")
    shown(page)
    assert_fits_and_is_accessible(page)
    confirm(page)
    for slug in STARS:
        for path in (f"/learn/stars/questions/{slug}", f"/learn/stars/questions/old-{slug}"):
            status, location = leads(page, path)
            if path != stays:
                assert (status, location.endswith(stays)) == (301, True), (path, location)
    assert page.request.get(stays).status == 200


def mend_dead_links(page: Page) -> None:
    page.goto("/admin/dead-links/")
    assert_fits_and_is_accessible(page)
    page.fill("[name=least]", "60")
    page.click("button[name=all]")
    shown(page)
    expect(page.locator("main, #content-main").first).to_contain_text("/learn/moons/questions/leak-3")
    confirm(page)
    html = page.request.get("/learn/stars/questions/how-old-is-the-sun").text()
    assert 'href="/learn/moons/questions/leak-3"' in html


def merge_a_subject(page: Page) -> None:
    page.goto("/admin/learn/subject/")
    page.click("#result_list >> text=Moons")
    page.click("text=Merge into another subject")
    page.select_option("#id_into", label="Stars")
    page.locator("#content-main [type=submit]").last.click()
    shown(page)
    confirm(page)
    assert leads(page, "/learn/moons")[0] == 301
    assert leads(page, "/learn/moons/questions/leak-3")[1].endswith("/learn/stars/questions/leak-3")
    take_back(page)
    assert page.request.get("/learn/moons").status == 200
    assert page.request.get("/learn/moons/questions/leak-3", max_redirects=0).status == 200
