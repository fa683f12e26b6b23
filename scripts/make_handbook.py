"""Photograph the desk for docs/editing.md: a site of its own with fixtures/articles, thrown away afterwards.

make handbook
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "learn-admin" / "handbook"
WIDTH, HEIGHT = 1200, 800  # of the window; what is too tall is cut
SHOWN = 960  # pixels that a picture is wide
MOST_BYTES = 60_000
MARGIN = 40  # pixels of the window below the last thing in it
NAME, PASSPHRASE = "grace", "an evening on the harbour wall"
EDITED = "how-does-recursion-work-and-how-do-i-know-when-to-stop"
REVIEWED = "what-is-opportunity-cost-can-you-give-an-everyday-example"
REPORTED = "how-do-you-balance-a-chemical-equation"
DELETED = "how-do-i-undo-my-last-commit-in-git"
# What editors and visitors did before the pictures are taken.
SCENE = f"""
import datetime as dt
import io
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image, ImageDraw
from learn.editing import reviews, trash, working_copies
from learn.media import library
from learn.models import Article, DuplicateGroup, DuplicateMember, MissingPage, Report, Revision, SearchLogEntry
user = User.objects.create_superuser({NAME!r}, password={PASSPHRASE!r})
now = timezone.now()
article = Article.objects.get(slug={EDITED!r})
for sentence in ("Draw the calls on paper once.", "Trace it by hand with a small number first."):
    article.answer = article.answer.rstrip() + "\\n\\n" + sentence
    article.save(user=user, source="admin")
draft = Article.objects.exclude(pk=article.pk).order_by("-pk").first()
draft.status = "draft"
draft.save(user=user, source="admin")
due = Article.objects.exclude(pk__in=[article.pk, draft.pk]).order_by("-pk").first()
due.publish_at = now + dt.timedelta(days=2)
due.save(user=user, source="admin")
for text, times, hits in (("derivative of sine", 84, 3), ("photosynthesis", 61, 2), ("krebs cycle diagram", 23, 0)):
    SearchLogEntry.objects.create(text=text, day=now.date(), times=times, hits=hits, opened=times // 2 if hits else 0)
for path, hits in (("/learn/biology/questions/what-is-a-cell", 41), ("/learn/maths", 12)):
    MissingPage.objects.create(path=path, hits=hits)
group = DuplicateGroup.objects.create(likelihood=0.91)
for row in Article.objects.filter(is_indexable=True).order_by("pk")[:2]:
    DuplicateMember.objects.create(article=row, group=group)
editor = User.objects.create_user("lin", first_name="Lin", is_staff=True)
waiting = Article.objects.get(slug={REVIEWED!r})
said = waiting.answer.rstrip() + "\\n\\nChoosing is giving up: name what, and you know the price."
copy = working_copies.keep(waiting, {{"answer": said}}, editor)
reviews.request(waiting, editor, note="A last sentence to remember it by.")
last = said.count("\\n") + 1
reviews.comment(waiting, user, "Nice. Say what it costs, too?", name="answer", line=last, values=copy.values)
wrong = Article.objects.get(slug={REPORTED!r})
for kind, text, times in (
    ("fact", "The third equation has one O too many.", 3),
    ("other", "A link to the periodic table would help.", 1),
):
    Report.objects.create(
        article=wrong, version=wrong.version, kind=kind, text=text, times=times, key=str(times)
    )
trash.delete(Article.objects.get(slug={DELETED!r}), user)
Revision.objects.filter(history_type="-").update(history_user=user, source="admin")
for name, colour in (("a-cell", "#2f7d5b"), ("lever", "#8a5a2b")):
    drawn = Image.new("RGB", (640, 400), "white")
    ImageDraw.Draw(drawn).ellipse((160, 40, 480, 360), outline=colour, width=12)
    file = io.BytesIO()
    drawn.save(file, "PNG")
    library.add(file.getvalue(), f"{{name}}.png", user=user)
"""


def opened(address: str) -> Callable[[Page], None]:
    return lambda page: (page.goto(address, wait_until="networkidle"), None)[1]


def article(page: Page) -> None:
    page.goto(f"/admin/learn/article/?q={EDITED}")
    page.click("#result_list .field-question a")
    page.wait_for_selector("#id_answer")
    page.wait_for_load_state("networkidle")


def answer(page: Page) -> None:
    article(page)
    page.locator("#id_answer").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#id_answer').closest('.form-row, .field-answer').scrollIntoView()")
    page.wait_for_timeout(1500)  # the preview follows what is typed


def history(page: Page) -> None:
    article(page)
    page.click(".admin-status >> text=History")
    page.wait_for_load_state("networkidle")


def revision(page: Page) -> None:
    history(page)
    page.click("text=Version 3")
    page.wait_for_load_state("networkidle")


def conflict(page: Page) -> None:
    page.goto("/admin/learn/importconflict/?decision=open")
    page.locator("#result_list tbody a").first.click()
    page.wait_for_url("**/importconflict/*/**")
    page.wait_for_load_state("networkidle")


def change_set(page: Page) -> None:
    page.goto("/admin/find-and-replace/")
    page.fill("#id_find", "simply")
    page.fill("#id_replace", "just")
    page.click("text=Show what would change")
    page.wait_for_url("**/changeset/*/change/**")
    page.wait_for_function("!document.body.innerText.includes('Looking')", timeout=60_000)
    page.wait_for_load_state("networkidle")


def review(page: Page) -> None:
    page.goto(f"/admin/learn/article/?q={REVIEWED}")
    page.click("#result_list .field-question a")
    page.wait_for_load_state("networkidle")
    page.goto(page.url.partition("change/")[0] + "review/", wait_until="networkidle")


SHOTS: dict[str, Callable[[Page], None]] = {
    "desk": opened("/admin/"),
    "articles": opened("/admin/learn/article/"),
    "article": article,
    "answer": answer,
    "history": history,
    "revision": revision,
    "upload": opened("/admin/learn/upload/add/"),
    "conflict": conflict,
    "health": opened("/admin/content-health/"),
    "searches": opened("/admin/searches/"),
    "missing": opened("/admin/learn/missingpage/"),
    "second-factor": opened("/admin/second-factor/"),
    "changes": opened("/admin/history/"),
    "trash": opened("/admin/learn/deletedarticle/"),
    "change-set": change_set,
    "review": review,
    "pictures": opened("/admin/learn/picture/"),
    "readers": opened("/admin/readers/"),
    "topics": opened("/admin/learn/topic/"),
}


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """A site for development at a free port, with everything that it writes in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DEBUG": "true", "SITE_URL": f"http://{address}", "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "CARDS_DIR": str(folder / "cards"), "RATE_LIMITS": "false",
    }  # fmt: skip

    def manage(*arguments: str, codes: tuple[int, ...] = (0,)) -> None:
        done = subprocess.run(  # noqa: S603 our own program
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=False
        )
        if done.returncode not in codes:
            sys.exit(f"manage.py {arguments[0]} ended with {done.returncode}")

    articles = folder / "articles"
    shutil.copytree(ROOT / "fixtures" / "articles", articles)
    manage("migrate", "--verbosity=0")
    manage("import_articles", str(articles), "--verbosity=0", codes=(0, 1))
    manage("shell", "--verbosity=0", "--no-imports", "-c", SCENE)
    (file,) = articles.rglob(f"{EDITED}.md")
    changed = file.read_text().replace("Trace", "Follow").rstrip()
    head, body = changed.split("\nanswer:", 1)
    first, rest = body.split("\n", 1)
    line, after = rest.split("\n", 1)
    file.write_text(f"{head}\nanswer:{first}\n{line}\\n\\nOur writers end it otherwise.\n{after}\n")
    manage("import_articles", str(articles), "--verbosity=0", codes=(0, 1, 5))
    command = [sys.executable, "manage.py", "runserver", "--noreload", "--verbosity=0", address]
    server = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://{address}/healthz")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    for _attempt in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 our own, by http
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{address} does not answer")


def store(name: str, png: bytes) -> int:
    """Write the picture as WebP, small enough to be in the repository; return its bytes."""
    with Image.open(io.BytesIO(png)) as image:
        full = image.convert("RGB")
        # What is empty below is left out.
        empty = Image.new("RGB", full.size, full.getpixel((0, full.height - 1)))
        *_others, bottom = ImageChops.difference(full, empty).getbbox() or (0, 0, *full.size)
        full = full.crop((0, 0, full.width, min(full.height, bottom + MARGIN)))
        small = full.resize((SHOWN, round(full.height * SHOWN / full.width)), Image.Resampling.LANCZOS)
    path = TARGET / f"{name}.webp"
    for quality in (80, 65, 50, 35):
        small.save(path, quality=quality, method=6)
        if path.stat().st_size < MOST_BYTES:
            break
    return path.stat().st_size


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, site(Path(name)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
            ],
        )
        page = browser.new_page(
            base_url=address,
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            device_scale_factor=1.5,
        )
        page.goto("/admin/login/?next=/admin/")
        page.fill("#id_username", NAME)
        page.fill("#id_password", PASSPHRASE)
        page.click("#login-form [type=submit]")
        page.wait_for_selector("#user-tools")
        for shot, go in SHOTS.items():
            go(page)
            sys.stdout.write(f"{shot}: {store(shot, page.screenshot())} bytes\n")
        browser.close()


if __name__ == "__main__":
    main()
