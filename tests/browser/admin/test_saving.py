"""Nothing that was written is lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.admin.steps import open_article, save


def test_two_sessions_on_one_article_lose_nothing(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, "physics/what-do-maxwells-four-equations-say-in-plain-language")
    paul.goto(address)
    text = paul.input_value("#id_answer")
    paul.fill("#id_answer", "Paul's new beginning.\n\n" + text)
    save(paul)
    edna.fill("#id_answer", text.rstrip() + "\n\nEdna's new ending.")
    edna.fill("#id_keywords", "Edna's keywords")
    save(edna)
    expect(edna.locator(".admin-conflict h2")).to_have_text("Two people changed this article")
    expect(edna.locator(".admin-conflict")).to_contain_text("paul saved it")
    merged = edna.input_value("#id_answer")
    assert merged.startswith("Paul's new beginning.")
    assert merged.endswith("Edna's new ending.")
    edna.get_by_role("button", name="Use theirs").click()
    assert "Edna" not in edna.input_value("#id_answer")
    edna.get_by_role("button", name="Use both").click()
    assert edna.input_value("#id_answer") == merged
    expect(edna.locator("[data-preview-pane]")).to_contain_text("Edna's new ending.")
    save(edna)
    expect(edna.locator(".admin-conflict")).to_have_count(0)
    assert edna.input_value("#id_answer") == merged
    assert edna.input_value("#id_keywords") == "Edna's keywords"

    edna.click(".admin-status >> text=History")
    expect(edna.locator(".admin-table tbody tr")).to_have_count(2)  # hers waits beside the page


def test_a_diff_and_a_restore(log_in: Callable[..., Page]) -> None:
    paul = log_in("paul")
    address = open_article(paul, "physics/why-does-a-moving-clock-run-slow")
    before = paul.input_value("#id_answer")
    paul.fill("#id_answer", before + "\n\nA sentence to regret.")
    save(paul)
    paul.click(".admin-status >> text=History")
    paul.locator(".admin-table tbody tr").first.locator("a").click()
    expect(paul.locator(".admin-diff .added")).to_contain_text(["", "A sentence to regret."])
    paul.click("text=Earlier: version 1")
    paul.click("text=Restore this version")
    expect(paul.locator(".admin-diff .removed")).to_contain_text(["", "A sentence to regret."])
    paul.click("text=Put it into the draft")
    expect(paul).to_have_url(address)
    assert paul.input_value("#id_answer") == before


def test_what_was_not_saved_is_there_again(log_in: Callable[..., Page]) -> None:
    edna = log_in("edna")
    address = open_article(edna, "chemistry/what-is-entropy-in-simple-words")
    edna.fill("#id_keywords", "written and not saved")
    warned: list[str] = []
    edna.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    edna.goto("/admin/")
    assert warned == ["beforeunload"]
    edna.wait_for_timeout(500)  # what is sent on leaving is not waited for
    edna.reload()
    expect(edna.locator("#unpublished-changes + ul")).to_contain_text("What is entropy, in simple words?")
    edna.goto(address)
    assert edna.input_value("#id_keywords") == "written and not saved"
    expect(edna.locator(".admin-offer")).to_have_count(0)
    save(edna)
    assert edna.input_value("#id_keywords") == "written and not saved"
    assert warned == ["beforeunload"]


def test_what_is_typed_while_somebody_publishes_is_put_together(log_in: Callable[..., Page]) -> None:
    edna, paul = log_in("edna"), log_in("paul")
    address = open_article(edna, "economics/what-is-opportunity-cost-can-you-give-an-everyday-example")
    paul.goto(address)
    edna.on("dialog", lambda dialog: dialog.accept())
    edna.fill("#id_keywords", "Edna's")
    edna.goto("/admin/")
    paul.fill("#id_description", "Paul's description.")
    save(paul)
    expect(paul.get_by_text("edna changed this article while you were editing it")).to_be_visible()
    assert paul.input_value("#id_keywords") == "Edna's"
    save(paul)
    edna.goto(address)
    assert (edna.input_value("#id_keywords"), edna.input_value("#id_description")) == (
        "Edna's",
        "Paul's description.",
    )
