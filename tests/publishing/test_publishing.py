from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from io import StringIO
from pathlib import Path

import brotli
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from learn.models import Article, Redirect, Subject
from learn.publishing import AlreadyPublishingError, PublishReport, pages, publish
from learn.publishing.run import _only_publisher
from learn.publishing.site import Site
from learn.publishing.tree import Response, Tree
from tests.factories import make_article, make_link, make_subject

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def static(settings: Settings, tmp_path: Path) -> Path:
    """A folder as collectstatic leaves it, with one style sheet and one picture."""
    root = tmp_path / "static"
    (root / "css").mkdir(parents=True)
    (root / "css" / "site.css").write_text("a { color: inherit }\n" * 50)
    (root / "staticfiles.json").write_text("{}")
    settings.STATIC_ROOT = root
    settings.SITE_URL = "http://testserver"
    return root


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Article:
    for module in ("views.library", "publishing.pages"):
        monkeypatch.setattr(f"learn.{module}.PAGE_SIZE", 3)
    article = make_article(slug="what-is-energy", question="What is energy?")
    other = make_article(slug="what-is-work")
    make_link(article, other)
    make_article(slug="what-is-energy", subject="science", question="What is energy?", answer=article.answer)
    make_article(slug="hidden", no_index=True)
    make_article(slug="draft", status=Article.Status.DRAFT)
    make_article(slug="removed", status=Article.Status.UNPUBLISHED)
    make_article(subject=make_subject("secret-lore", is_listed=False), slug="rite")
    for _ in range(4):
        make_article(subject="biology")
    Redirect.objects.create(old_path="/learn/physics/questions/energy", target=article)
    Redirect.objects.create(old_path="/learn/physics/questions/gone")
    return article


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


def run(folder: Path, **options: object) -> PublishReport:
    report = publish(folder, jobs=1, **options)
    assert report.failed == []
    return report


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every published file with its bytes and its inode, which a replaced file has anew."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file() and ".publish" not in path.parts
    }


def test_every_kind_of_url_is_published(library: Article, folder: Path) -> None:
    run(folder)
    published = files(folder)
    for name in (
        "learn.html", "learn/physics.html", "learn/physics.md", "learn/physics/feed.atom", "learn/biology?page=2.html",
        "learn/physics/questions/what-is-energy.html", "learn/physics/questions/what-is-energy.md",
        "learn/physics/questions/what-is-energy.json", "learn/physics.json", "learn.json", "learn/schema.json",
        "learn/physics/questions/hidden.html", "learn/secret-lore/questions/rite.html", "learn/feed.atom", "robots.txt",
        "llms.txt", "sitemap.xml", "sitemap-physics.xml", "sitemap.library.xml", "static/css/site.css", "404.html",
        "410.html", "site.webmanifest",
    ):  # fmt: skip
        assert name in published, name
        assert f"{name}.headers" in published, name
    absent = {
        "learn/physics/questions/draft.html",
        "learn/physics/questions/removed.html",
        "learn/search.html",
    }
    assert absent.isdisjoint(published)
    assert not any("staticfiles.json" in name for name in published)


def test_no_public_url_is_forgotten() -> None:
    """A new kind of URL must be published, or said to be dynamic."""
    enumerated = {
        "subject", "article", "article-markdown", "subject-feed", "subject-markdown", "sitemap-subject",
        "sitemap-subject-more", "library-picture", "subject-picture", "article-picture", "indexnow",
        "article-json", "subject-json", "subject-apkg", "subject-csv", "practise-subject",
        "topic", "topic-markdown", "topic-feed", "topic-picture", "topics-picture", "sitemap-topics-more",
        "subject-topic", "subject-topic-markdown", "subject-topic-feed", "subject-topic-picture", "subject-topics",
        "subject-topics-markdown", "subject-topics-picture", "media", "topic-json", "subject-topic-json",
        "subject-topics-json", "topic-apkg", "topic-csv", "subject-topic-apkg", "subject-topic-csv", "practise-topic",
        "practise-subject-topic",
    }  # fmt: skip
    names = {pattern.name for pattern in pages.public_patterns()}
    assert names == enumerated | set(pages.plain_names()) | pages.DYNAMIC
    assert set(pages.DYNAMIC) <= names


def test_a_page_is_what_the_site_answers_in_three_encodings(library: Article, folder: Path) -> None:
    run(folder)
    answer = Client().get(library.get_absolute_url())
    file = folder / "learn/physics/questions/what-is-energy.html"
    assert file.read_bytes() == answer.content
    assert gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()) == answer.content
    assert brotli.decompress(file.with_name(f"{file.name}.br").read_bytes()) == answer.content
    head = file.with_name(f"{file.name}.headers").read_text().splitlines()
    assert head[0] == "HTTP/1.1 200 OK"
    headers = dict(line.split(": ", 1) for line in head[1:])
    for name in (
        "Content-Type",
        "Cache-Control",
        "Content-Security-Policy",
        "Link",
        "X-Content-Type-Options",
    ):
        assert headers[name] == answer.headers[name], name
    assert {"ETag", "Last-Modified", "Content-Length", "Date"}.isdisjoint(headers)


def test_a_redirect_and_what_is_gone_have_headers_alone(library: Article, folder: Path) -> None:
    run(folder)
    moved = folder / "learn/physics/questions/energy.html.headers"
    assert moved.read_text().startswith("HTTP/1.1 301 Moved Permanently\n")
    assert f"Location: {library.get_absolute_url()}\n" in moved.read_text()
    for slug in ("gone", "removed"):
        head = (folder / f"learn/physics/questions/{slug}.html.headers").read_text()
        assert head.startswith("HTTP/1.1 410 Gone\n")
        assert not (folder / f"learn/physics/questions/{slug}.html").exists()


def test_the_picture_of_a_page_is_published_with_it(library: Article, folder: Path) -> None:
    run(folder)
    page = (folder / "learn/physics/questions/what-is-energy.html").read_text()
    path = page.split('<meta property="og:image" content="http://testserver')[1].split('"')[0]
    picture = folder / path.removeprefix("/")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not picture.with_name(f"{picture.name}.gz").exists()  # compressed already
    first = picture.stat().st_ino
    library.description = "Said anew."
    library.save()
    run(folder)
    assert picture.stat().st_ino == first


def test_what_did_not_change_is_neither_made_nor_written(
    library: Article, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(folder)
    before = files(folder)
    asked = []
    get = pages.Site.get
    monkeypatch.setattr(pages.Site, "get", lambda site, url: asked.append(url) or get(site, url))
    second = run(folder)
    assert (second.written, second.deleted) == (0, 0)
    assert second.unchanged == first.written + first.unchanged
    assert asked == ["/sitemap.xml"]  # read for the names of its files
    assert files(folder) == before


def test_an_edit_writes_the_pages_that_show_it_and_no_other(library: Article, folder: Path) -> None:
    run(folder)
    before = files(folder)
    library.answer = "Energy is what does not change."
    library.save()
    report = run(folder)
    after = files(folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert "learn/physics/questions/what-is-energy.html" in changed
    assert "learn/physics/questions/what-is-energy.html.br" in changed
    assert "learn/physics/questions/what-is-energy.md" in changed
    assert not any(name.startswith("learn/biology") for name in changed)
    assert 0 < report.written < report.unchanged


def test_what_is_gone_is_deleted_and_what_we_did_not_write_stays(library: Article, folder: Path) -> None:
    run(folder)
    (folder / "learn/biology/notes.txt").write_text("not ours")
    (folder / "verification.html").write_text("not ours")
    Article.objects.filter(subject__slug="secret-lore").delete()
    Subject.objects.filter(slug="secret-lore").delete()
    Redirect.objects.filter(old_path__contains="secret-lore").delete()
    report = run(folder)
    names = files(folder)
    assert report.deleted > 0
    assert not any("secret-lore" in name for name in names)
    assert not (folder / "learn/secret-lore").exists()
    assert {"learn/biology/notes.txt", "verification.html"} <= set(names)


def test_a_file_that_somebody_deleted_is_written_again(library: Article, folder: Path) -> None:
    run(folder)
    (folder / "learn.html").unlink()
    assert run(folder).written == 1
    assert (folder / "learn.html").exists()


def test_a_run_that_was_killed_is_completed_by_the_next(
    library: Article, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("learn.publishing.run.pages.lists", lambda: (1 / 0 for _ in "x"))
        with pytest.raises(ZeroDivisionError):
            publish(folder, jobs=1)
    assert (folder / "learn/physics/questions/what-is-energy.html").exists()
    assert not (folder / "learn.html").exists()
    report = run(folder)
    assert (folder / "learn.html").exists()
    assert report.deleted == 0


def test_a_page_that_fails_keeps_its_last_good_file(
    library: Article, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder)
    good = (folder / "robots.txt").read_bytes()
    get = pages.Site.get

    def failing(site: pages.Site, url: str) -> Response:
        return Response(500, {}, b"oops") if url == "/robots.txt" else get(site, url)

    monkeypatch.setattr(pages.Site, "get", failing)
    report = publish(folder, jobs=1, force=True)
    assert report.failed == ["/robots.txt: the site answered 500"]
    assert (folder / "robots.txt").read_bytes() == good


def test_a_reader_never_gets_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(tmp_path)
    tree.write("/page", Response(200, {"Content-Type": "text/html"}, b"old"))

    def dies(_path: Path, _data: bytes) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", dies)
        with pytest.raises(OSError, match="disk full"):
            tree.write("/page", Response(200, {"Content-Type": "text/html"}, b"new"))
    assert (tmp_path / "page.html").read_bytes() == b"old"


def test_two_runs_into_one_folder_do_not_mix(library: Article, folder: Path) -> None:
    folder.mkdir()
    with _only_publisher(folder), pytest.raises(AlreadyPublishingError):
        publish(folder)
    with _only_publisher(folder), pytest.raises(CommandError, match="another process"):
        call_command("publish_site", str(folder))


def test_the_command_says_what_it_did(library: Article, folder: Path) -> None:
    out = StringIO()
    call_command("publish_site", str(folder), jobs=1, stdout=out)
    assert " written, " in out.getvalue()
    assert "0 failed" in out.getvalue()


# --- nginx ---------------------------------------------------------------------------------------------------


@pytest.fixture
def nginx(library: Article, folder: Path, tmp_path: Path) -> Iterator[int]:
    """The port of an nginx that serves the published folder with the configuration made for it."""
    if not (binary := shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")):
        pytest.skip("nginx is not installed: its configuration was not tried")
    run(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = (folder / ".publish/nginx.conf").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    (tmp_path / "site.conf").write_text(made)
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in names)
    account = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; {account} pid {tmp_path}/pid; error_log {tmp_path}/error.log;"
        f"events {{ }} http {{ access_log off; {places} include {tmp_path}/site.conf; }}"
    )
    process = subprocess.Popen([binary, "-c", str(tmp_path / "nginx.conf"), "-e", f"{tmp_path}/error.log"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port: int, url: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request(
            "GET", url, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )
        response = connection.getresponse()
        return response, response.read()


def test_nginx_answers_as_the_site_does(nginx: int, library: Article) -> None:
    urls = [
        "/learn", "/learn/physics", "/learn/biology?page=2", library.get_absolute_url(),
        f"{library.get_absolute_url()}.md", "/learn/science/questions/what-is-energy.md",
        "/learn/physics/questions/hidden", "/learn/physics.md", "/learn/feed.atom", "/sitemap.xml",
        "/sitemap-physics.xml", "/robots.txt", "/llms.txt", "/site.webmanifest", "/static/css/site.css",
    ]  # fmt: skip
    own = {"ETag", "Last-Modified", "Vary", "Content-Length", "Content-Encoding", "Content-Type", "Date", "Server",
           "Connection", "Accept-Ranges", "Transfer-Encoding"}  # fmt: skip
    for url in urls:
        expected = Client().get(url)
        answer, body = ask(nginx, url)
        assert answer.status == expected.status_code == 200, url
        assert body == b"".join(expected), url
        content_type = answer.headers["Content-Type"]
        assert content_type == expected.headers["Content-Type"].replace('"', ""), url
        theirs = {name: value for name, value in answer.headers.items() if name not in own}
        ours = {name: value for name, value in expected.headers.items() if name not in own}
        assert theirs == ours, url


def test_nginx_redirects_what_moved_and_knows_what_is_gone(nginx: int, library: Article) -> None:
    path = library.get_absolute_url()
    for url, status, place in (
        ("/", 301, "/learn"),
        ("/learn/physics/questions/energy", 301, path),
        (f"{path}/", 301, path),
        ("/learn/physics/questions/gone", 410, None),
        ("/learn/physics/questions/removed", 410, None),
        ("/learn/physics/questions/unknown", 404, None),
        ("/.publish/manifest.sqlite3", 404, None),
        ("/learn.html.headers", 404, None),
        ("/404", 404, None),
    ):
        answer, body = ask(nginx, url)
        assert (answer.status, answer.headers["Location"]) == (status, place), url
        if status in (404, 410):
            assert b"<h1>" in body
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nginx_sends_what_was_compressed_and_304(nginx: int, library: Article) -> None:
    path = library.get_absolute_url()
    plain, body = ask(nginx, f"{path}?utm_source=letter")
    assert plain.status == 200
    packed, small = ask(nginx, path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(small) == body
    again, _ = ask(nginx, path, If_None_Match=plain.headers["ETag"])
    assert again.status == 304
    assert again.headers["Cache-Control"] == plain.headers["Cache-Control"]


def test_every_published_picture_page_and_list_is_reachable(nginx: int, library: Article) -> None:
    _answer, body = ask(nginx, reverse("learn:sitemap-subject", args=["physics"]))
    for address in body.decode().split("<loc>")[1:]:
        answer, page = ask(nginx, address.split("<")[0].removeprefix("http://testserver"))
        assert answer.status == 200
        path = page.decode().split('og:image" content="http://testserver')[1].split('"')[0]
        assert ask(nginx, path)[0].headers["Content-Type"] == "image/png"


@pytest.mark.django_db(transaction=True)
def test_a_page_that_ends_its_process_costs_only_itself(
    library: Article, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = Site.get

    def crash(site: Site, url: str) -> Response:
        if url == library.get_absolute_url():
            os._exit(1)
        return get(site, url)

    monkeypatch.setattr(Site, "get", crash)
    report = publish(tmp_path / "site", jobs=2)
    assert report.failed == [f"{library.get_absolute_url()}: the process that made it crashed"]
    assert report.written > 10
