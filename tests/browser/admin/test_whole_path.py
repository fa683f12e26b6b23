"""The whole way of a page with two people in two browsers: draft, crash, review, publishing, schedule, expiry, restore.

What visitors get is the same to the byte until the moment of publishing, and right at the next request after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.admin.steps import open_article, save
from tests.sites import Site

SLUG = "economics/what-is-opportunity-cost-can-you-give-an-everyday-example"
KEPT = re.compile("Draft saved at")
SOON = """
import datetime as dt
from django.core.management import call_command
from django.utils import timezone
from learn.models import Article, WorkingCopy
WorkingCopy.objects.filter(goes_live_at__isnull=False).update(goes_live_at=timezone.now() - dt.timedelta(seconds=1))
Article.objects.filter(expires__isnull=False).update(expires=timezone.now() - dt.timedelta(seconds=1))
call_command("publish_due")
"""


def seen(page: Page, path: str) -> bytes:
    """What a visitor gets at `path` now; four times, because several processes answer."""
    bodies = {page.request.get(path).body() for _ in range(4)}
    assert len(bodies) == 1
    return bodies.pop()


def time_passes(site: Site) -> None:
    """What was scheduled and what was to expire falls due, and the worker comes by."""
    site.manage("shell", "--no-imports", "-c", SOON)


def test_two_people_see_each_other(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, "chemistry/how-do-i-read-a-smiles-string")
    paul.goto(address)
    note = paul.locator("[data-present]")
    expect(note).to_contain_text("edna has this open since")  # before he typed a word
    edna.focus("#id_keywords")
    edna.keyboard.type("x")
    paul.goto(address)
    expect(note).to_contain_text("edna is writing here")
    edna.goto("/admin/")
    for _ in range(20):  # that she left is sent on leaving, and nobody waits for it
        with paul.expect_response("**/draft/here/") as answer:
            paul.reload()
        if not answer.value.json()["others"]:
            break
    expect(note).to_be_hidden()


def test_the_whole_path(log_in: Callable[..., Page], admin_site: Site) -> None:  # noqa: PLR0915 one way, step by step
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, SLUG)
    path = edna.locator(".admin-status a[href^='/learn/']").get_attribute("href")
    assert path
    review, page_of = address.replace("/change/", "/review/"), address.replace("/change/", "/page/")
    before, text = seen(paul, path), edna.input_value("#id_answer")

    # A draft that the server keeps; the browser dies; she goes on in another.
    edna.fill("#id_answer", f"{text}\n\nThe first sentnce.")
    expect(edna.locator("[data-kept]")).to_have_text(KEPT)
    edna.context.close()
    edna = log_in("edna")
    edna.goto(address)
    expect(edna.locator("#copy-heading")).to_have_text("You are looking at the draft")
    edna.fill("#id_answer", f"{edna.input_value('#id_answer')}\n\nThe second sentence.")
    save(edna)
    edna.goto(review)
    edna.locator("[name=text]").first.fill("Is it short enough?")
    save(edna, "_request")
    assert seen(paul, path) == before

    # He comments on a line, and sends it back.
    paul.goto("/admin/")
    expect(paul.locator("#waiting")).to_be_visible()
    paul.goto(review)
    lines = paul.locator(".admin-lines > li")
    number = lines.filter(has_text="The first sentnce.").get_by_role("link", name="Comment on line")
    number.click()
    paul.locator("[name=text][required]").fill("A letter is missing.")
    paul.locator("#comment ~ form [name=_comment]").click()
    expect(lines.filter(has_text="The first sentnce.")).to_contain_text("A letter is missing.")
    decision = paul.locator("#decide-heading ~ form")
    decision.locator("[name=text]").fill("One letter.")
    decision.locator("[name=_return]").click()
    expect(paul.locator("#state-heading")).to_have_text("Sent back")

    # She mends it, and asks again.
    edna.goto("/admin/")
    expect(edna.locator("[aria-labelledby=waiting]")).to_contain_text("sent back by paul: One letter.")
    edna.goto(address)
    edna.fill("#id_answer", edna.input_value("#id_answer").replace("sentnce", "sentence"))
    save(edna)
    edna.goto(review)
    edna.get_by_role("button", name="Resolve").click()
    save(edna, "_request")
    assert seen(paul, path) == before

    # He approves: nothing yet. He publishes: at once.
    paul.goto(review)
    paul.locator("#decide-heading ~ form [name=_approve]").click()
    expect(paul.locator("#state-heading")).to_have_text("Approved")
    assert seen(paul, path) == before
    paul.goto(page_of)
    expect(paul.frame_locator("iframe").first.locator("main")).to_contain_text("The first sentence.")
    paul.goto(review)
    paul.locator("#decide-heading ~ form [name=_publish]").click()
    published = seen(paul, path)
    assert b"The first sentence." in published
    assert b"The second sentence." in published

    # A change for later: not before its moment, and then by itself.
    paul.goto(address)
    paul.fill("#id_answer", f"{paul.input_value('#id_answer')}\n\nFrom tomorrow on.")
    paul.fill("#goes_live_at", "2099-01-01T08:00")
    save(paul, "_schedule")
    expect(paul.locator(".messagelist")).to_contain_text("Scheduled")
    assert seen(paul, path) == published
    time_passes(admin_site)
    assert b"From tomorrow on." in seen(paul, path)

    # It expires: gone, until it may be seen again.
    paul.goto(address)
    paul.fill("#id_expires", "2099-01-01T08:00")
    save(paul)
    assert paul.request.get(path).status == 200
    time_passes(admin_site)
    assert {paul.request.get(path).status for _ in range(4)} == {410}

    # The first version again: he sees what differs, and what he publishes is what was there at the beginning.
    paul.goto(address.replace("/change/", "/history/"))
    paul.get_by_role("link", name="Restore version 1", exact=True).click()
    expect(paul.locator(".admin-diff").first).to_contain_text("The second sentence.")
    paul.click("text=Put it into the draft")
    assert paul.input_value("#id_answer") == text
    assert paul.request.get(path).status == 410
    save(paul, "_publish" if paul.locator("[name=_publish]").count() else "_continue")
    again = seen(paul, path)
    assert b"The first sentence." not in again
    assert main(again) == main(before)


def main(page: bytes) -> str:
    """What a page says, without when it was changed."""
    found = re.search(r"<main.*</main>", page.decode(), re.DOTALL)
    assert found
    return re.sub(r"<time.*?</time>", "", found[0], flags=re.DOTALL)
