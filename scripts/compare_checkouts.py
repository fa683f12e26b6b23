"""Compare what two checkouts say of the same articles, byte for byte.

    python scripts/compare_checkouts.py OLD [NEW]

OLD and NEW are git revisions, or folders; NEW is this checkout where it is not given. Each imports NEW's fixtures into
a database of its own, at the same standing moment, and answers the same requests: pages, feeds, sitemaps, Markdown
twins, pictures, redirects and errors; then the export and the JSON of the commands. Both run with the Python that runs
this.

Left aside: ETag and Last-Modified, which name the build; Expires, which names the moment of the answer; the hashes in
addresses of static files; seconds that something took. Feeds are compared parsed: the order of an entry's elements and
the label of a category may differ.

Prints each difference and the counts; ends with 0 (none), 1 (some) or 2 (a checkout could not be asked).
"""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
HOST = "learn.example.org"
LEFT_ASIDE = {"ETag", "Last-Modified", "Expires", "Content-Length"}  # the body is compared itself
ASSET_HASH = re.compile(rb"(/static/[\w./-]+?)\.[0-9a-f]{12}(\.\w+)")
DURATIONS = {"seconds", "started_at", "finished_at", "duration"}
ATOM = "{http://www.w3.org/2005/Atom}"
LINES_SHOWN = 12  # of each difference
ENVIRONMENT = {
    "DEBUG": "false",
    "SECRET_KEY": "of a site that lives for a minute and signs nothing at all",
    "SITE_URL": f"https://{HOST}",
    "TRUST_PROXY_HEADERS": "false",
    "SIGNUP_URL": "https://example.com/join",
    "ABOUT_ANSWERS_URL": "https://example.com/how",
    "SECURITY_CONTACT": "mailto:security@example.com",
    "CONTENT_LICENSE_URL": "https://example.com/licence",
    "LOG_LEVEL": "ERROR",
}


# --- Inside a checkout: what it says ------------------------------------------------------------------------


def collect(fixtures: Path, folder: Path) -> None:
    """Write every answer of the checkout in the current folder to `folder`/answers: a file for each, by number.

    Runs in a process of its own. It knows the checkout by its commands and URLs, whatever its modules are called.
    """
    sys.path.insert(0, str(Path.cwd()))
    os.environ["DJANGO_SETTINGS_MODULE"] = "quicktakes.settings"
    import django  # noqa: PLC0415 the variables above come first
    from django.conf import settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    timezone.now = lambda: NOW  # before the models are there, whose fields hold it as their default
    settings.STATIC_ROOT = str(folder / "static")
    settings.CARDS_DIR = folder / "cards"
    django.setup()
    answers = folder / "answers"
    answers.mkdir()
    index = {}
    for number, (name, content) in enumerate(_answers(fixtures, folder)):
        (answers / str(number)).write_bytes(content)
        index[name] = number
    (folder / "index.json").write_text(json.dumps(index))


def _answers(fixtures: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    yield from _commands(fixtures, folder)
    yield from _pages()


def _commands(fixtures: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    _run("collectstatic", "--no-input", "--verbosity=0")
    _run("migrate", "--verbosity=0")
    for path in sorted((fixtures / "broken").rglob("*.*")):
        if path.suffix == ".md":
            report = _run(
                "import_articles", str(path), "--dry-run", "--jobs=1", "--report=-", "--verbosity=0"
            )
            yield f"report of broken/{path.name}", _without_durations(report, fixtures)
    for turn in ("first", "second"):
        report = _run(
            "import_articles", str(fixtures / "articles"), "--jobs=1", "--report=-", "--verbosity=0"
        )
        yield f"report of the {turn} import", _without_durations(report, fixtures)
    yield "article_schema", _run("article_schema").encode()
    yield "check_content as JSON", _run("check_content", "--format=json").encode()
    yield "check_content as text", _run("check_content", "--verbosity=2").encode()
    _run("export_articles", str(folder / "export"), "--verbosity=0")
    for path in sorted((folder / "export").rglob("*")):
        if path.is_file():
            yield f"export of {path.relative_to(folder / 'export')}", path.read_bytes()


def _run(*arguments: str) -> str:
    """What a command of manage.py writes; one that ends with a code for faulty files has said so in its report."""
    from django.core.management import call_command  # noqa: PLC0415 django is set up by now

    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        out.write(f"\nexit code {ended.code}\n")
    return out.getvalue()


def _without_durations(report: str, fixtures: Path) -> bytes:
    text, code, rest = report.partition("\nexit code")
    cleaned = json.dumps(_clean(json.loads(text)), indent=1, ensure_ascii=False, sort_keys=True)
    return (cleaned + code + rest).replace(str(fixtures), "fixtures").encode()


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items() if key not in DURATIONS}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def _pages() -> Iterator[tuple[str, bytes]]:
    """Answers to GET: of each address that the database and the answers name, and of some that are wrong."""
    from django.apps import apps  # noqa: PLC0415 django is set up by now
    from django.test import Client  # noqa: PLC0415

    apps.get_model("learn", "Redirect").objects.create(old_path="/learn/physics/questions/removed")
    client = Client(SERVER_NAME=HOST, raise_request_exception=False)
    asked = set()
    waiting = [*_known_addresses(apps), *_wrong_addresses()]
    while waiting:
        address = waiting.pop(0)
        if address in asked:
            continue
        asked.add(address)
        path, _, accept = address.partition(" ")
        response: Any = client.get(path, secure=True, headers={"accept": accept or "text/html"})
        body = b"".join(response) if response.streaming else response.content
        headers = {name: value for name, value in response.items() if name not in LEFT_ASIDE}
        text = "".join(f"{name}: {value}\n" for name, value in sorted(headers.items()))
        cookies = "".join(f"cookie {name}\n" for name in sorted(response.cookies))
        yield f"GET {address}", f"{response.status_code}\n{text}{cookies}\n".encode() + body
        waiting += _named_in(response, body)


def _known_addresses(apps: Any) -> Iterator[str]:
    yield from (
        "/", "/learn", "/robots.txt", "/llms.txt", "/sitemap.xml", "/sitemap.library.xml", "/learn/feed.atom",
        "/.well-known/security.txt", "/site.webmanifest", "/favicon.ico", "/healthz", "/readyz",
    )  # fmt: skip
    for query in ("energy", "matrix", "photoelectrc", "xyzzy", "why is the", "1/2", '"', ""):
        yield f"/learn/search?q={query}"
        yield f"/learn/search/suggest?q={query}"
    for subject in apps.get_model("learn", "Subject").objects.order_by("slug"):
        page = f"/learn/{subject.slug}"
        yield from (page, f"{page}?page=2", f"{page}.md", f"{page}/feed.atom", f"/sitemap-{subject.slug}.xml")
    for article in apps.get_model("learn", "Article").objects.select_related("subject").order_by("pk"):
        page = article.get_absolute_url()
        yield from (page, f"{page}.md", f"{page} text/markdown")


def _wrong_addresses() -> Iterator[str]:
    yield from (
        "/nowhere", "/learn/", "/Learn", "/learn/nowhere", "/learn/physics/", "/learn/physics?page=1",
        "/learn/physics?page=999", "/learn/physics?page=x", "/learn/physics/questions",
        "/learn/physics/questions/unknown",
        "/learn/physics/questions/removed", "/learn/physics/questions/unknown.md", "/learn/nowhere.md",
        "/learn/nowhere/feed.atom", "/sitemap-nowhere.xml", "/some-key.txt", "/admin",
    )  # fmt: skip


def _named_in(response: Any, body: bytes) -> list[str]:
    """Addresses of this site that an answer names: links, pictures, entries of a sitemap, where a redirect leads."""
    found = re.findall(rb'(?:href|src|content)="([^"\s]+)"|<loc>([^<]+)</loc>', body)
    texts = [(one or other).decode().replace("&amp;", "&") for one, other in found]
    texts.append(response.get("Location", ""))
    addresses = []
    for text in texts:
        parts = urlsplit(text)
        is_ours = parts.netloc == HOST or (
            not parts.netloc and not parts.scheme and parts.path.startswith("/")
        )
        if is_ours and not parts.path.startswith(("/static/", "/admin")):
            addresses.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return addresses


# --- Outside: the two beside each other ---------------------------------------------------------------------


def answers_of(checkout: Path, fixtures: Path, folder: Path) -> dict[str, bytes]:
    """All answers of a checkout, by name. Raises RuntimeError with what it wrote where it could not be asked."""
    folder.mkdir()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {**ENVIRONMENT, "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"}
    command = [sys.executable, str(Path(__file__).resolve()), "--collect", str(fixtures), str(folder)]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise RuntimeError(done.stderr or done.stdout)
    index = json.loads((folder / "index.json").read_text())
    return {name: (folder / "answers" / str(number)).read_bytes() for name, number in index.items()}


def comparable(name: str, answer: bytes) -> bytes:
    """An answer without what may differ."""
    if name.startswith("GET /") and name.endswith("feed.atom") and b"<feed" in answer:
        head, _, body = answer.partition(b"\n\n")
        feed = _element(ET.fromstring(body))  # noqa: S314 our own
        return head + b"\n\n" + json.dumps(feed, indent=1, ensure_ascii=False).encode()
    return ASSET_HASH.sub(rb"\1.HASH\2", answer)


def _element(element: ET.Element) -> list[Any]:
    """An element of a feed as lists; the entries stay in their order, what stands in one is sorted."""
    attributes = dict(element.attrib)
    if element.tag == f"{ATOM}category":
        attributes.pop("label", None)
    inner = [_element(child) for child in element if child.tag != f"{ATOM}entry"]
    entries = [_element(child) for child in element if child.tag == f"{ATOM}entry"]
    return [
        element.tag,
        sorted(attributes.items()),
        (element.text or "").strip(),
        sorted(inner, key=repr),
        entries,
    ]


def differences(old: dict[str, bytes], new: dict[str, bytes]) -> Iterator[str]:
    """What differs, each as some lines of text."""
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new or name not in old:
            yield f"{name}: only in the {'old' if name in old else 'new'} checkout"
            continue
        before, after = comparable(name, old[name]), comparable(name, new[name])
        if before != after:
            yield f"{name}:\n" + "\n".join(_changed_lines(before, after))


def _changed_lines(before: bytes, after: bytes) -> list[str]:
    old, new = (text.decode(errors="replace").splitlines() for text in (before, after))
    changed = [line[:300] for line in difflib.unified_diff(old, new, lineterm="", n=0)][2:]
    more = len(changed) - LINES_SHOWN
    return [f"    {line}" for line in changed[:LINES_SHOWN]] + (
        [f"    … {more} more lines"] if more > 0 else []
    )


def checkout_of(name: str, folder: Path) -> Path:
    """The folder `name`, or the git revision `name` written to `folder`. Raises RuntimeError for neither."""
    if Path(name).is_dir():
        return Path(name).resolve()
    done = subprocess.run(["git", "archive", name], cwd=ROOT, capture_output=True, check=False)  # noqa: S603, S607 the one on PATH
    if done.returncode != 0:
        raise RuntimeError(f"{name} is neither a folder nor a revision: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old")
    parser.add_argument("new", nargs="?", default=str(ROOT))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="learn-compare-") as name:
        folder = Path(name)
        try:
            old, new = (checkout_of(getattr(options, side), folder / side) for side in ("old", "new"))
            before = answers_of(old, new / "fixtures", folder / "answers of old")
            after = answers_of(new, new / "fixtures", folder / "answers of new")
        except RuntimeError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    found = list(differences(before, after))
    kinds: dict[str, int] = {}
    for answer in after:
        kind = answer.partition(" ")[0]
        kinds[kind] = kinds.get(kind, 0) + 1
    for difference in found:
        sys.stdout.write(f"{difference}\n")
    counts = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
    sys.stdout.write(
        f"{len(before):,} and {len(after):,} answers compared ({counts}): {len(found):,} differ.\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--collect"]:
        collect(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
