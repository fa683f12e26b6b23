"""A passkey, made and used with a virtual authenticator of Chromium."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.admin.conftest import PASSPHRASE, is_complaint
from tests.browser.axe import axe
from tests.sites import Site

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PEER = f"""
from django.contrib.auth.models import User
User.objects.create_superuser("pia", "", {PASSPHRASE!r})
"""


def give_password(page: Page) -> None:
    page.goto("/admin/login/?next=/admin/account/")
    page.fill("#id_username", "pia")
    page.fill("#id_password", PASSPHRASE)
    page.press("#id_password", "Enter")


def test_a_passkey_is_made_used_and_removed(browser: Browser, admin_site: Site) -> None:
    admin_site.manage("shell", "--no-imports", "-c", PEER)
    context = browser.new_context(base_url=admin_site.url.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    authenticator = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})[
        "authenticatorId"
    ]

    give_password(page)
    page.click("text=Your passkeys")
    page.fill("#id_name", "my laptop")
    page.fill("#id_password", PASSPHRASE)
    page.click("[name=_add]")
    page.click("text=Make the passkey “my laptop”")
    expect(page.locator(".messagelist")).to_contain_text("The passkey is made")
    expect(page.locator("tbody th")).to_have_text("my laptop")
    assert axe(page) == []

    context.clear_cookies()
    give_password(page)
    expect(page.locator("h1")).to_have_text("Second factor")
    page.click("text=Use your passkey")
    expect(page).to_have_url(page.url.partition("/admin/")[0] + "/admin/account/")

    context.clear_cookies()  # nobody's browser any more: the passkey alone
    page.goto("/admin/login/?next=/admin/account/")
    button = page.get_by_role("button", name="Log in with a passkey")
    expect(button).to_be_visible()
    assert axe(page) == []
    verify = {"authenticatorId": authenticator, "isUserVerified": False}
    cdp.send("WebAuthn.setUserVerified", verify)
    button.click()
    expect(page.locator("[data-passkey] [role=alert]")).to_contain_text("Try again")
    cdp.send("WebAuthn.setUserVerified", {**verify, "isUserVerified": True})
    button.click()
    expect(page).to_have_url(page.url.partition("/admin/")[0] + "/admin/account/")

    page.click("text=Your passkeys")
    page.fill("#id_name", "my laptop")
    page.fill("#id_password", PASSPHRASE)
    page.click("[name=_remove]")
    expect(page.locator("#content")).to_contain_text("You have none.")
    assert complaints == []
    context.close()
