"""A draft beside a live page, in two browsers at once: kept while it is typed, gone on with elsewhere, published."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.admin.conftest import PASSPHRASE
from tests.browser.admin.steps import open_article, save
from tests.browser.conftest import SCREENSHOTS
from tests.sites import Site

SLUG = "history-of-the-world/why-did-the-roman-republic-fall"
PATH = "/learn/history-of-the-world/questions/why-did-the-roman-republic-fall"
KEPT = re.compile("Draft saved at")


def kept(page: Page) -> None:
    expect(page.locator("[data-kept]")).to_have_text(KEPT)


def test_a_draft_is_kept_shared_and_published(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    before = edna.request.get(PATH).body()
    address = open_article(edna, SLUG)
    text = edna.input_value("#id_answer")
    edna.fill("#id_answer", f"{text}\n\nTyped by Edna.")
    kept(edna)
    edna.close()  # the browser is gone

    paul.goto(address)
    expect(paul.locator("#copy-heading")).to_have_text("You are looking at the draft")
    assert paul.input_value("#id_answer").endswith("Typed by Edna.")
    other = log_in("edna")
    other.goto(address)
    other.fill("#id_answer", f"{other.input_value('#id_answer')}\n\nAnd more.")
    kept(other)
    paul.fill("#id_keywords", "republic")
    kept(paul)
    expect(paul.locator("#id_answer")).to_have_value(re.compile("And more.$"))  # Edna's words came along
    assert paul.request.get(PATH).body() == before
    save(paul, "_continue")
    expect(paul.locator(".messagelist")).to_contain_text("Visitors see it")
    assert "And more." in paul.request.get(PATH).text()


def test_a_session_that_ended_asks_for_the_password_and_goes_on(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.goto("/admin/learn/article/add/")
    edna.context.clear_cookies()
    edna.fill("#id_question", "Is it kept?")
    dialog = edna.locator("[data-login-dialog]")
    expect(dialog).to_be_visible()
    dialog.locator("input").fill("wrong")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Try again")
    dialog.locator("input").fill(PASSPHRASE)
    dialog.get_by_role("button", name="Log in").click()
    kept(edna)
    assert edna.input_value("#id_question") == "Is it kept?"
    edna.select_option("#id_subject", index=1)
    save(edna)
    expect(edna.locator(".messagelist")).to_contain_text("Saved as draft")


SECOND_FACTOR = """
from django.contrib.auth.models import User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
user = User.objects.create_user("olga", password={password!r}, is_staff=True, is_superuser=True)
TOTPDevice.objects.create(user=user, name="phone")
codes = StaticDevice.objects.create(user=user, name="Recovery codes")
for token in ("first-code", "second-code"):
    codes.token_set.create(token=token)
"""


def test_a_session_that_ended_asks_for_the_second_factor_too(browser: Browser, admin_site: Site) -> None:
    admin_site.manage("shell", "--no-imports", "-c", SECOND_FACTOR.format(password=PASSPHRASE))
    context = browser.new_context(base_url=admin_site.url)
    olga = context.new_page()
    olga.goto("/admin/login/?next=/admin/learn/article/add/")
    olga.fill("#id_username", "olga")
    olga.fill("#id_password", PASSPHRASE)
    olga.press("#id_password", "Enter")
    olga.fill("#id_code", "first-code")
    olga.press("#id_code", "Enter")
    olga.wait_for_selector("#id_question")
    context.clear_cookies()
    olga.fill("#id_question", "Is it kept with a code?")
    dialog = olga.locator("[data-login-dialog]")
    dialog.get_by_label("Password").fill(PASSPHRASE)
    dialog.get_by_role("button", name="Log in").click()
    code = dialog.get_by_label("Code of your second factor")
    expect(code).to_be_focused()
    code.fill("second-code")
    dialog.get_by_role("button", name="Log in").click()
    kept(olga)
    olga.select_option("#id_subject", index=1)
    save(olga, "_preview")
    expect(olga.locator("h1")).to_have_text("Preview")
    context.close()


def test_what_the_server_did_not_take_stays_in_the_browser(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    edna.on("dialog", lambda dialog: dialog.accept())
    open_article(edna, SLUG)
    edna.route("**/draft/keep/", lambda route: route.fulfill(status=404))
    edna.fill("#id_keywords", "an hour of work")
    expect(edna.locator("[data-kept]")).to_contain_text("This browser keeps what you typed")
    assert "an hour of work" in edna.evaluate("Object.values(localStorage).join()")
    edna.unroute("**/draft/keep/")
    edna.fill("#id_keywords", "two hours of work")
    kept(edna)
    assert "of work" not in edna.evaluate("Object.values(localStorage).join()")


def test_the_buttons_stay_in_view_on_a_phone(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul", viewport={"width": 360, "height": 740}, has_touch=True)
    for scheme in ("light", "dark"):
        paul.emulate_media(color_scheme=scheme)
        open_article(paul, SLUG)
        # Notices of any length above the form: a conflict, a draft, somebody else.
        paul.evaluate("document.querySelector('.admin-status').style.minHeight = '900px'")
        box = paul.locator(".admin-submit").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 741
        assert paul.evaluate("document.documentElement.scrollWidth") <= 360
        paul.evaluate("document.querySelector('.admin-status').style.minHeight = ''")
        paul.screenshot(path=SCREENSHOTS / f"admin-form-phone-{scheme}.png")


def test_a_shared_preview_leaves_nothing_in_the_browser(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    address = open_article(
        edna, "mathematics/how-does-integration-by-substitution-work-and-how-do-you-choose-u"
    )
    edna.goto(address.replace("change/", "page/"))
    edna.get_by_role("button", name="Make a link").click()
    link = edna.locator("a[href*='/preview/']").inner_text()
    edna.evaluate("localStorage.clear()")
    edna.goto(re.sub("^https?://[^/]+", "", link))
    expect(edna.get_by_text("A preview: this page is not public")).to_be_visible()
    expect(edna.get_by_role("button", name="Copy the formula as TeX").first).to_be_visible()
    expect(
        edna.get_by_role("button", name=re.compile("^(Save|Share|Copy link|Copy as Markdown)"))
    ).to_have_count(0)
    assert edna.evaluate("localStorage.length") == 0
    assert edna.evaluate("caches.keys()") == []


def test_the_buttons_of_a_live_page_say_that_a_moment_ahead_schedules(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul")
    open_article(paul, "physics/why-does-a-moving-clock-run-slow")
    publish = paul.locator(".admin-submit [name=_continue]")
    expect(publish).to_have_value("Publish")
    paul.fill("#id_publish_at", "2037-03-01T00:00")
    expect(publish).to_have_value("Schedule")
    expect(paul.locator(".admin-submit [name=_save]")).to_have_value("Schedule and close")
    paul.fill("#id_keywords", "clocks")
    path = paul.locator(".admin-status a").first.get_attribute("href") or ""
    save(paul, "_continue")
    expect(paul.locator(".messagelist")).to_contain_text("Scheduled: the change goes live on")
    assert paul.request.get(path).status == 200
    save(paul, "_unschedule")


def test_moments_are_those_of_the_browsers_time_zone(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul", timezone_id="Asia/Tokyo")
    address = open_article(paul, "physics/why-does-a-moving-clock-run-slow")
    expect(paul.locator("#id_publish_at_helptext")).to_contain_text("Asia/Tokyo. A page that")
    paul.fill("#id_expires", "2037-03-01T05:45")
    kept(paul)
    olga = log_in("paul", timezone_id="Europe/Berlin")
    olga.goto(address)
    expect(olga.locator("#id_expires")).to_have_value("2037-02-28T21:45")
    # A form that was open before a journey is read as it was shown, and says what that is here.
    olga.context.add_cookies(
        [
            {
                "name": "desk_time_zone",
                "value": "America/New_York",
                "url": olga.url.partition("/admin")[0] + "/admin/",
            }
        ]
    )
    olga.fill("#id_expires", "2037-03-01T02:00")
    kept(olga)
    paul.goto(address)
    expect(paul.locator("#id_expires")).to_have_value("2037-03-01T10:00")
    paul.locator(".admin-submit >> text=Discard draft").click()
    save(paul, "_discard") if paul.locator("[name=_discard]").count() else paul.click(
        "#content [type=submit]"
    )
