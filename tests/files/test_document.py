"""`ArticleDocument`: fields, defaults, limits, warnings."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from learn.files import ArticleDocument, DocumentError, Peek, peek, peek_url, read_document
from learn.files.document import RelatedArticle, Seo
from learn.files.limits import RESERVED_SUBJECT_SLUGS, SLUG_MAX_LENGTH
from learn.files.newlines import decode
from tests.conftest import FIXTURES
from tests.files.sample import PATH, SAMPLE, sample

MINIMAL = b"""---
id: 1
date: 2025-02-08
question: Why?
answer: Because.
url: /learn/computer-science/questions/why
---
"""


def read(*changes: tuple[str, str]) -> ArticleDocument:
    return read_document(sample(*changes), PATH)[0]


def codes(*changes: tuple[str, str]) -> list[tuple[int, int, str]]:
    with pytest.raises(DocumentError) as caught:
        read(*changes)
    return [(p.line, p.column, p.code) for p in caught.value.problems if p.severity == "error"]


def warnings(*changes: tuple[str, str], path: str = PATH) -> list[tuple[int, int, str]]:
    problems = read_document(sample(*changes), path)[1]
    assert {p.severity for p in problems} <= {"warning"}
    return [(p.line, p.column, p.code) for p in problems]


# --- Fields -----------------------------------------------------------------------------------------------------


def test_every_field_of_a_file_is_read() -> None:
    document, problems = read_document(SAMPLE.encode(), PATH)
    assert problems == []
    assert document == ArticleDocument(
        schema_name="default",
        id=209001,
        date=dt.date(2025, 3, 14),
        question="Why does ice float?",
        title="Why does ice float?",
        article_title="Why does ice float?",
        date_format="MMM DD, YYYY",
        post_on_text="Posted on",
        seo=Seo(
            title="QuickTakes | Physics",
            page_description="Ice is lighter than the water it pushes aside.",
            page_keywords="ice, water, density",
        ),
        author="QuickTakes",
        answer="Because it is **lighter**.\n\n- Its molecules stand apart.\n- So $\\rho \\neq \\rho_0$.",
        subject="Physics",
        file_name="why-does-ice-float.md",
        url="/learn/physics/questions/why-does-ice-float",
        score=-1.0,
        no_index=False,
        related=(
            RelatedArticle(
                number=1,
                id=209002,
                title="Why do lakes freeze from the top?",
                subject="Physics",
                url="/learn/physics/questions/why-do-lakes-freeze-from-the-top",
            ),
            RelatedArticle(
                number=2,
                id=209003,
                title="What is density?",
                subject="Chemistry",
                url="/learn/chemistry/questions/what-is-density",
            ),
        ),
        body="\n&nbsp;",
        extra={},
        layout=None,
    )
    assert (document.subject_slug, document.slug) == ("physics", "why-does-ice-float")


def test_what_a_hand_written_file_leaves_out_has_a_sensible_value() -> None:
    document, problems = read_document(MINIMAL, "computer-science/why.md")
    assert [p.code for p in problems] == ["missing-description"]
    assert (document.title, document.article_title) == ("Why?", "Why?")
    assert (document.subject, document.file_name) == ("Computer Science", "why.md")
    assert (document.author, document.post_on_text, document.date_format) == (
        "QuickTakes",
        "Posted on",
        "MMM DD, YYYY",
    )
    assert (document.schema_name, document.score, document.no_index) == ("default", None, False)
    assert (document.related, document.seo, document.body) == ((), Seo(), "")


def test_a_known_key_without_value_counts_as_left_out() -> None:
    emptied = MINIMAL.replace(
        b"---\n", b"---\ntitle:\nseo:\n  page_keywords:\nscore: ~\nrelated_article1: null\n", 1
    )
    document = read_document(emptied, "computer-science/why.md")[0]
    plain = read_document(MINIMAL, "computer-science/why.md")[0]
    assert document.model_copy(update={"layout": None}) == plain.model_copy(update={"layout": None})


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read().title = "Another"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (("id: 209001", "id: -7"), "id", -7),
        (("score: -1.0", "score: 3"), "score", 3.0),
        (("score: -1.0\n", ""), "score", None),
        (("author: QuickTakes", "author: QuickTakes\nno_index: True"), "no_index", True),
        (("author: QuickTakes", "author: ''"), "author", ""),
        (("subject: Physics\nfile", "subject: 'No'\nfile"), "subject", "No"),
        (("---\n\n&nbsp;", "---\n# More\r\n\n---\n"), "body", "# More\r\n\n---\n"),
    ],
)
def test_values_as_files_write_them(change: tuple[str, str], field: str, value: object) -> None:
    assert getattr(read(change), field) == value


@pytest.mark.parametrize(
    "slug", ["y--x2", "the-constant--c", "r-cos-x---", "-c-in-equations", "a", "1", "x" * SLUG_MAX_LENGTH]
)
def test_slugs_may_have_hyphens_anywhere_as_real_ones_do(slug: str) -> None:
    url = f"/learn/physics/questions/{slug}"
    document = read(("/learn/physics/questions/why-does-ice-float", url))
    assert (document.url, document.slug) == (url, slug)


@pytest.mark.parametrize(
    "url",
    [
        "/learn/physics/questions/", "/learn/physics/questions/---", "/learn//questions/why", "/learn/-a/questions/why",
        "/learn/physics/questions/why?", "/learn/physics/questions/Why", "/learn/physics/questions/why_not",
        "/learn/physics/questions/why.md", "/learn/physics/questions/warum-schön", "learn/physics/questions/why",
        "/learn/physics/questions/why/", "/learn/physics/questions/a/b", "//learn/physics/questions/why",
    ],
)  # fmt: skip
def test_urls_that_no_page_could_have(url: str) -> None:
    assert codes(("/learn/physics/questions/why-does-ice-float", url)) == [(24, 6, "wrong-url")]


@pytest.mark.parametrize("subject", sorted(slug for slug in RESERVED_SUBJECT_SLUGS if "." not in slug))
def test_no_subject_hides_a_page_of_the_site(subject: str) -> None:
    assert codes(("url: /learn/physics", f"url: /learn/{subject}")) == [(24, 6, "reserved-subject")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("id: 209001", "id: 1.0"), (3, 5, "wrong-type")),
        (("id: 209001", "id: true"), (3, 5, "wrong-type")),
        (("id: 209001", "id: " + "9" * 19), (3, 5, "wrong-type")),
        (("id: 209001", "id:"), (3, 4, "empty-field")),
        (("date: 2025-03-14", "date: 2025-02-30"), (4, 7, "wrong-date")),
        (("date: 2025-03-14", "date: 20250314"), (4, 7, "wrong-date")),
        (("date: 2025-03-14", "date: 2025-W11-5"), (4, 7, "wrong-date")),
        (("date: 2025-03-14", "date: ٢٠٢٥-٠٣-١٤"), (4, 7, "wrong-date")),
        (("    Why does ice float?\narticle", "    " + "w" * 501 + "\narticle"), (5, 8, "too-long")),
        (("author: QuickTakes", "author: 12"), (17, 9, "wrong-type")),
        (("author: QuickTakes", 'author: "a\\nb"'), (17, 9, "line-break")),
        (("author: QuickTakes", 'author: "a\\u0085b"'), (17, 9, "control-character")),
        (("author: QuickTakes", 'author: "a\\uFFFFb"'), (17, 9, "control-character")),
        (("author: QuickTakes", "author: QuickTakes\nno_index: 1"), (18, 11, "wrong-type")),
        (("score: -1.0", "score: true"), (25, 8, "wrong-type")),
        (("score: -1.0", "score: '1'"), (25, 8, "wrong-type")),
        (("question: >-\n    Why does ice float?", "question: '  '"), (18, 11, "empty-field")),
        (
            ("question: >-\n    Why does ice float?", "question: |\n    Why does ice float?"),
            (18, 11, "line-break"),
        ),
        (("  title: QuickTakes | Physics", "  title: [1]"), (12, 10, "wrong-type")),
        (("seo:\n", "seo: a\nseo2:\n"), (11, 6, "wrong-type")),
        (("    id: 209003", "    id: x"), (33, 9, "wrong-type")),
        (("&nbsp;", "x" * 100_001), (39, 1, "too-long")),
        (("author: QuickTakes", 'author: a\nmore: ["\\0"]'), (18, 7, "wrong-value")),
        (("author: QuickTakes", "author: a\nmore: " + "x" * 50_001), (18, 7, "too-long")),
    ],
)
def test_values_that_no_field_takes(change: tuple[str, str], expected: tuple[int, int, str]) -> None:
    assert codes(change) == [expected]


# --- The answer -------------------------------------------------------------------------------------------------


def test_the_answer_is_decoded() -> None:
    fence = r"```c\nputs(\"a\nb\");\n```\n"
    raw = (
        r"Because it is **lighter**.\n\n" + fence + r"- Its molecules stand apart.\n- So $\rho \neq \rho_0$."
    )
    answer = read(("- Its molecules", fence + "- Its molecules")).answer
    assert answer == decode(raw)
    assert "\\neq" in answer
    assert "\\n-" not in answer


def test_an_answer_in_a_literal_block_is_taken_as_it_stands() -> None:
    block = "answer: |-\n    A line with \\n in it.\n\n      $\\neq$\nsubject: Physics\nfile"
    old = SAMPLE[SAMPLE.index("answer:") : SAMPLE.index("_name")]
    assert read((old, block)).answer == "A line with \\n in it.\n\n  $\\neq$"


def test_an_answer_with_real_line_breaks_is_taken_as_it_stands() -> None:
    assert read(("- Its molecules", "\n\n    - Its molecules")).answer.startswith(
        "Because it is **lighter**.\\n\\n\n- Its molecules"
    )


# --- Unknown keys -----------------------------------------------------------------------------------------------


def test_unknown_keys_are_kept_at_every_level() -> None:
    document = read(
        (
            "author: QuickTakes",
            "reviewed_by: {name: Ada, on: 2025-04-01, marks: [1, 2.5, yes, true, ~]}\nauthor: QuickTakes",
        ),
        ("  page_keywords", "  og_image: ice.png\n  page_keywords"),
        ("    id: 209003", "    id: 209003\n    note: 012"),
    )
    assert document.extra == {
        "reviewed_by": {"name": "Ada", "on": "2025-04-01", "marks": [1, 2.5, "yes", True, None]},
        "seo": {"og_image": "ice.png"},
        "related_article2": {"note": "012"},
    }


def test_keys_named_like_parts_of_the_document_are_unknown_keys() -> None:
    document = read(
        ("author: QuickTakes", "body: a\nlayout: b\nextra: c\nrelated: d\nschema_name: e\nauthor: QuickTakes")
    )
    assert document.extra == {"body": "a", "layout": "b", "extra": "c", "related": "d", "schema_name": "e"}
    assert (document.body, document.related[0].id) == ("\n&nbsp;", 209002)


def test_related_articles_come_in_the_order_of_their_numbers_gaps_and_all() -> None:
    document = read(("related_article1:", "related_article12:"), ("related_article2:", "related_article7:"))
    assert [(link.number, link.id) for link in document.related] == [(7, 209003), (12, 209002)]


@pytest.mark.parametrize(
    "extra", [{"id": 1}, {"seo": 1}, {"related_article1": []}, {"a": float("nan")}, {"a": 10**18}, {1: 2}]
)
def test_a_document_made_by_hand_keeps_to_what_a_file_can_say(extra: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ArticleDocument(**(read().model_dump() | {"extra": extra}))


# --- Warnings ---------------------------------------------------------------------------------------------------


DESCRIPTION = "page_description: >-\n    Ice is lighter than the water it pushes aside."
SECOND = "/learn/chemistry/questions/what-is-density"
FIRST = "/learn/physics/questions/why-do-lakes-freeze-from-the-top"
OWN = "/learn/physics/questions/why-does-ice-float"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((f"  {DESCRIPTION}\n", ""), (11, 1, "missing-description")),
        ((DESCRIPTION, "page_description: ' '"), (13, 3, "missing-description")),
        ((SECOND, FIRST), (32, 1, "related-repeated")),
        ((SECOND, OWN), (32, 1, "related-self")),
        (("url: /learn/physics", "url: /learn/chemistry"), (24, 1, "url-folder")),
        ((f"url: {OWN}", f"url: {OWN}-on-water"), (24, 1, "url-file-name")),
        (("file_name: why-does", "file_name: how-does"), (23, 1, "file-name")),
        (("author: QuickTakes", "author: QuickTakes\nno_indx: true"), (18, 1, "unknown-key")),
        (("  page_keywords", "  page_keyword"), (15, 3, "unknown-key")),
        (("related_article2", "related_artcle2"), (32, 1, "unknown-key")),
        (("author: QuickTakes", "author: Team #1"), (17, 1, "comment")),
        (("it is **lighter**.", "it is **lighter**.\n\n    More:"), (20, 1, "mixed-newlines")),
    ],
)
def test_warnings_name_their_place(change: tuple[str, str], expected: tuple[int, int, str]) -> None:
    assert warnings(change) == [expected]


def test_several_warnings_come_in_file_order() -> None:
    assert warnings((SECOND, FIRST), ("file_name: why-does", "file_name: how-does")) == [
        (23, 1, "file-name"),
        (32, 1, "related-repeated"),
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("why-does-ice-float.md", []),
        ("physics/why-does-ice-float.md", []),
        ("./why-does-ice-float.md", []),
        ("chemistry/why-does-ice-float.md", ["url-folder"]),
        ("physics/why.md", ["file-name", "url-file-name"]),
    ],
)
def test_the_url_is_compared_with_the_end_of_the_path(path: str, expected: list[str]) -> None:
    assert [code for _, _, code in warnings(path=path)] == expected


@pytest.mark.parametrize(
    "change",
    [
        ("author: QuickTakes", "author: QuickTakes # the team"),
        ("author: QuickTakes", "author: 'Team #1'"),
        ("lighter**", "lighter** #1"),
        ("score: -1.0", "score: -1.0 # none given"),
        ("author: QuickTakes", "author: QuickTakes\nsource: a book\nlicence: free"),
    ],
)
def test_no_warning_without_cause(change: tuple[str, str]) -> None:
    expected = ["comment"] if "# the team" in change[1] else []
    assert [code for _, _, code in warnings(change)] == expected


# --- Peeking ----------------------------------------------------------------------------------------------------


def test_peek_sees_url_and_id_without_parsing() -> None:
    assert peek(SAMPLE.encode()) == Peek(OWN, 209001)
    assert (
        peek_url(b"\xef\xbb\xbf" + SAMPLE.replace("\n", "\r\n").encode())
        == "/learn/physics/questions/why-does-ice-float"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("url: /learn/physics", "url: '/learn/physics"), (None, 209001)),
        (
            ("url: /learn/physics/questions/why-does-ice-float", "url: /learn/physics/questions/why #"),
            (None, 209001),
        ),
        (("&nbsp;", "url: /learn/a/questions/b\n"), (None, 209001)),
        (("url: /learn/physics", "_url: /learn/physics"), (None, 209001)),
        (("---\n\n", "---\nid: 5\n"), (OWN, None)),
        (("id: 209001", "id: 0123"), (OWN, None)),
        (("id: 209001\n", "---\nid: 5\n"), (None, None)),
        (("id: 209001", "id: -12"), (OWN, -12)),
    ],
)
def test_peek_returns_plain_values_only(
    change: tuple[str, str], expected: tuple[str | None, int | None]
) -> None:
    assert peek(sample(change)) == expected


def test_peek_of_nothing() -> None:
    assert peek(b"") == (None, None)


# --- Whole libraries --------------------------------------------------------------------------------------------


def test_the_fixtures_are_in_order() -> None:
    root = FIXTURES / "articles"
    for path in sorted(root.rglob("*.md")):
        data = path.read_bytes()
        document, problems = read_document(data, path.relative_to(root).as_posix())
        assert {p.code for p in problems} <= {"related-repeated", "body"}
        assert peek(data) == (document.url, document.id)


def test_the_real_files_are_in_order(corpus: Path) -> None:
    found: Counter[str] = Counter()
    layouts = 0
    paths = sorted((corpus / "learn").rglob("*.md"))
    for path in paths:
        data = path.read_bytes()
        document, problems = read_document(data, path.relative_to(corpus).as_posix())
        found.update(p.code for p in problems)
        layouts += document.layout is not None
        assert peek(data) == (document.url, document.id)
        for problem in problems:
            line = data.decode().split("\n")[problem.line - 1]
            assert line.startswith("related_article")
    assert set(found) <= {"related-repeated", "related-self"}
    assert layouts <= len(paths) // 100
