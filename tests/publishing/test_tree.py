"""Which file holds the answer at a URL."""

from __future__ import annotations

import pytest

from learn.publishing.tree import file_of


@pytest.mark.parametrize(
    ("url", "content_type", "file"),
    [
        ("/learn", "text/html; charset=utf-8", "learn.html"),
        ("/", "text/html", "index.html"),
        ("/learn/a?page=2", "text/html", "learn/a?page=2.html"),
        ("/learn/a.md", "text/markdown", "learn/a.md"),
        ("/.well-known/security.txt", "text/plain", ".well-known/security.txt"),
    ],
)
def test_the_file_of_a_url(url: str, content_type: str, file: str) -> None:
    assert str(file_of(url, content_type)) == file


@pytest.mark.parametrize(
    "url", ["/../etc/passwd", "/a/%2e%2e/b", "/.publish/x", "/a.gz", "/a.headers", "/a%00b", "/a?x=../../b"]
)
def test_no_url_leaves_the_folder_or_takes_a_name_of_ours(url: str) -> None:
    try:
        assert "/" not in file_of(url, "text/html").name
        assert file_of(url, "text/html").parts[:-1] == ()
    except ValueError as error:
        assert "cannot be published" in str(error)  # noqa: PT017 one address is harmless, the others are refused
