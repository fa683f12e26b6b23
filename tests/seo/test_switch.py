from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from learn.seo import switch
from tests.factories import make_article

pytestmark = pytest.mark.django_db

PAGE = "/learn/physics/questions/what-is-heat"
SITEMAP = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    f"<url><loc>https://old.example{PAGE}</loc></url><url><loc>https://old.example/learn/</loc></url></urlset>"
)


@pytest.fixture(autouse=True)
def developing(settings: Settings) -> None:
    settings.DEBUG = True  # static files have no manifest in tests


def check(file: Path, **options: object) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("check_switch", str(file), stdout=out, stderr=io.StringIO(), **options)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


def test_every_address_of_a_sitemap_is_asked(tmp_path: Path) -> None:
    make_article(slug="what-is-heat", question="What is heat?")
    for name, data in (
        ("sitemap.xml", SITEMAP.encode()),
        ("sitemap.xml.gz", gzip.compress(SITEMAP.encode())),
    ):
        (tmp_path / name).write_bytes(data)
        out, code = check(tmp_path / name, csv=tmp_path / "answers.csv")
        assert code == 0
        assert "1  200 at once" in out
        assert "1  200 after 1 hops" in out
        rows = (tmp_path / "answers.csv").read_text().splitlines()
        assert rows[1].startswith(f"https://old.example{PAGE},200,0,{PAGE},What is heat?")


def test_what_will_not_be_found_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("/learn\n\n# a note\n/learn/physics/questions/nothing-like-it\n")
    out, code = check(tmp_path / "list.txt")
    assert code == 1
    assert "404 after 0 hops: /learn/physics/questions/nothing-like-it" in out


def test_pages_that_keep_search_engines_out_are_counted(tmp_path: Path) -> None:
    make_article(slug="hidden", no_index=True)
    (tmp_path / "list.csv").write_text("old_path,new_path\n/learn/physics/questions/hidden,x\n")
    out, _code = check(tmp_path / "list.csv")
    assert "1  of the pages keep search engines out" in out


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no address"),
        (b"<urlset", "no XML"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", "entities"),
        (b"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", "index of sitemaps"),
        (b"\xff\xfe\x00\x00", "neither a sitemap"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(CommandError, match=message):
        call_command("check_switch", str(tmp_path / "list"))


def test_it_asks_for_static_files_first(settings: Settings, tmp_path: Path) -> None:
    settings.DEBUG, settings.STATIC_ROOT = False, tmp_path
    with pytest.raises(CommandError, match="collectstatic"):
        call_command("check_switch", str(tmp_path / "list"))


def test_another_host_is_not_asked() -> None:
    (answer,) = switch.ask(["https://elsewhere.example/nowhere-at-all"])
    assert (answer.status, answer.is_right) == (404, False)
