"""Any document is written so that reading the file gives the same document."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from learn.files import ArticleDocument, DocumentError, read_document
from learn.files.document import RelatedArticle, Seo
from learn.files.frontmatter import read_front_matter
from learn.files.writer import write_document
from tests.conftest import FIXTURES
from tests.files.sample import PATH, SAMPLE, sample


def read(text: str | bytes) -> ArticleDocument:
    return read_document(text.encode() if isinstance(text, str) else text, PATH)[0]


def rewritten(text: str | bytes) -> str:
    return write_document(read(text))


def raw_values(data: str | bytes) -> dict[str, Any]:
    return read_front_matter(data.encode() if isinstance(data, str) else data).values


def in_order(value: Any) -> Any:
    """The value with every mapping as a list of pairs, so that comparing compares the order, too."""
    if isinstance(value, dict):
        return [(key, in_order(item)) for key, item in value.items()]
    return [in_order(item) for item in value] if isinstance(value, list) else value


# --- Texts that an editor may save ------------------------------------------------------------------------------

HOSTILE = [
    "plain", " leading", "trailing ", "  both  ", "\ttab", "a\tb", "# no comment", "a # b", "a: b", "a:", ": a", "- a",
    "? a", "-", "?", ":", "---", "--- a", "...", "[a]", "{a}", "a]", "&a", "*a", "**bold** text", "!a", "|", ">", ">-",
    "|-", "%a", "@a", "`a`", "'", "''", "it's", '"', '""', 'say "a"', "\\", "\\n", "a\\", "\\neq", "a\\nb", "C:\\new",
    "\\t", "\\\\n", "no", "yes", "on", "Off", "true", "True", "null", "Null", "~", "y", "n", "=", "<<", "12", "-12",
    "+1", "012", "0o14", "0x1F", "1_000", "1.5", "1e3", "1.5e+3", ".5", ".inf", "-.inf", ".nan", "12:30:45", "1:2",
    "2025-02-08", "2025-02-08 10:00:00", "2025-02-08T10:00:00Z", "0.1.2", "#1", "😀", "é", "\u2028", "a\u2029b",
    "\ufeff", "a\ufeffb", "\u00a0", "\u200b", "\u00ad", "x" * 99, "a, b", "a [b] c", "{{ a }}", "a | b", "$5 to $10",
    "$\\nu$", "<b>&amp;</b>", "\ue000", "\ue001\u2028",
]  # fmt: skip

characters = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"
)
pieces = st.sampled_from(
    [*HOSTILE, "\n", "\n\n", " ", "  \n", "\n  ", "```", "$$", "\\n\\n", "\\\n", '"\\n"', "\\nabla "]
)
texts = st.lists(pieces | st.text(characters, max_size=8), max_size=8).map("".join)
lines = texts.map(lambda text: text.replace("\n", " "))
visible_lines = lines.filter(lambda text: bool(text.strip()) and len(text) <= 500)
answers = texts.filter(lambda text: bool(text.strip()))

slugs = st.from_regex(r"\A-{0,2}[a-z0-9][a-z0-9-]{0,20}\Z")
keys = lines.map(lambda text: text[:100])
scalars = (
    st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | texts | st.sampled_from(HOSTILE)
)
json_values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
unknown_keys = st.sampled_from(
    [*HOSTILE, "a", "b", "reviewed_by", "body", "related_article0", "related_article100"]
)
extras = st.dictionaries(unknown_keys, json_values, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> ArticleDocument:
    numbers = sorted(draw(st.sets(st.integers(1, 99), max_size=3)))
    extra = draw(st.just({}) | extras)
    for key in ("seo", *(f"related_article{number}" for number in numbers)):
        nested = draw(st.just({}) | extras)
        if nested:
            extra[key] = nested
    ids = st.integers(-(10**18) + 1, 10**18 - 1)
    return ArticleDocument(
        schema_name=draw(st.just("default") | lines.filter(lambda text: len(text) <= 100)),
        id=draw(ids),
        date=draw(st.dates()),
        question=draw(visible_lines),
        title=draw(visible_lines),
        article_title=draw(visible_lines),
        date_format=draw(st.just("MMM DD, YYYY") | lines.map(lambda text: text[:50])),
        post_on_text=draw(lines.map(lambda text: text[:100])),
        seo=Seo(
            title=draw(lines.map(lambda text: text[:300])),
            page_description=draw(texts),
            page_keywords=draw(texts),
        ),
        author=draw(lines.map(lambda text: text[:200])),
        no_index=draw(st.booleans()),
        answer=draw(answers),
        url=f"/learn/{draw(st.sampled_from(['physics', 'computer-science', 'a1']))}/questions/{draw(slugs)}",
        subject=draw(lines.map(lambda text: text[:200])),
        file_name=draw(lines.map(lambda text: text[:200])),
        score=draw(st.none() | st.just(-1.0) | st.floats(allow_nan=False, allow_infinity=False)),
        related=tuple(
            RelatedArticle(
                number=number,
                id=draw(st.none() | ids),
                title=draw(lines.map(lambda text: text[:500])),
                subject=draw(lines.map(lambda text: text[:200])),
                url=draw(st.just("/learn/physics/questions/why") | st.from_regex(r"\A[!-~]{1,20}\Z")),
            )
            for number in numbers
        ),
        body=draw(st.just("\n&nbsp;") | texts),
        extra=extra,
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(documents())
@pytest.mark.slow
def test_reading_what_was_written_gives_the_document_again(document: ArticleDocument) -> None:
    assert read(write_document(document)) == document


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_read_as_anything_else(text: str) -> None:
    document = read(SAMPLE).model_copy(
        update={
            "author": text,
            "answer": f"{text}\n\n{text}a",
            "body": text,
            "extra": {"key": text, "list": [text, {text: text}], "seo": {"key": text}},
            "seo": Seo(title=text, page_description=text, page_keywords=f"{text}\n{text}"),
        }
    )
    if text.strip():
        document = document.model_copy(
            update={"title": text, "article_title": text, "question": text, "answer": text}
        )
    ArticleDocument.model_validate(document.model_dump())
    assert read(write_document(document)) == document
    unscored = document.model_copy(update={"score": None})  # titles on the line of their key
    assert read(write_document(unscored)) == unscored


@pytest.mark.parametrize("text", [text for text in HOSTILE if not set("\u2028\u2029\ue001") & set(text)])
def test_other_yaml_parsers_read_the_same_texts(text: str) -> None:
    document = read(SAMPLE).model_copy(
        update={"author": text, "extra": {"key": text}, "seo": Seo(page_description=text)}
    )
    matter = write_document(document).split("---\n", 1)[1].rsplit("\n---\n", 1)[0]
    loaded = yaml.safe_load(matter)
    assert (loaded["author"], loaded["key"], loaded["seo"]["page_description"]) == (text, text, text)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029"])
def test_line_separators_reach_other_parsers_as_escapes(separator: str) -> None:
    document = read(SAMPLE).model_copy(update={"author": f"a{separator}b", "answer": f"a{separator}b"})
    text = write_document(document)
    assert separator not in text
    loaded = yaml.safe_load(text.split("---\n")[1])
    assert (loaded["author"], loaded["answer"]) == (f"a{separator}b", f"a{separator}b")


# --- The answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        ("One line.", "answer: >-\n    One line.\n"),
        ("Two\n\nlines.", "answer: >-\n    Two\\n\\nlines.\n"),
        ("$a \\neq b$\n- c", "answer: >-\n    $a \\neq b$\\n- c\n"),
        (" A space first\n", 'answer: " A space first\\\\n"\n'),
        ("A file in C:\\new\n\n  and more", "answer: |-\n    A file in C:\\new\n\n      and more\n"),
        ("A file in C:\\new\n", "answer: |\n    A file in C:\\new\n"),
        ("A file in C:\\new\n\n\n", "answer: |+\n    A file in C:\\new\n\n\n"),
        ("\n  C:\\new", "answer: |4-\n\n      C:\\new\n"),
    ],
)
def test_how_an_answer_is_written(answer: str, written: str) -> None:
    document = read(SAMPLE).model_copy(update={"answer": answer})
    text = write_document(document)
    assert f"\n{written}subject:" in text
    assert read(text) == document


# --- What a file was, it stays ----------------------------------------------------------------------------------


def test_a_file_in_the_standard_layout_needs_no_layout_and_is_written_byte_for_byte() -> None:
    assert read(SAMPLE).layout is None
    assert rewritten(SAMPLE) == SAMPLE


def odd(*changes: tuple[str, str]) -> str:
    return sample(*changes).decode()


ANSWER = SAMPLE[SAMPLE.index("answer:") : SAMPLE.index("subject: Physics\nfile")]
SEO = SAMPLE[SAMPLE.index("seo:") : SAMPLE.index("author:")]

ODD = {
    "a byte order mark": "\ufeff" + SAMPLE,
    "CRLF": SAMPLE.replace("\n", "\r\n"),
    "titles on the line of their key": SAMPLE.replace("title: >-\n    Why", "title: Why"),
    "related titles on the line of their key": SAMPLE.replace("title: >-\n        W", "title: W"),
    "no score, titles below": odd(("score: -1.0\n", "")),
    "keys in another order": odd(
        ("author: QuickTakes\n", ""), ("url: /learn", "author: QuickTakes\nurl: /learn")
    ),
    "keys left out": odd(
        ("_schema: default\n", ""), ("author: QuickTakes\n", ""), ("file_name: why-does-ice-float.md\n", "")
    ),
    "no_index said to be false": odd(("answer: >-", "no_index: False\nanswer: >-")),
    "no_index at the end": odd(("score: -1.0\n", "score: -1.0\nno_index: True\n")),
    "empty keys": odd(
        ("author: QuickTakes", "author:"),
        ("score: -1.0", "score:"),
        ("page_keywords: >-\n    ice, water, density", "page_keywords:"),
    ),
    "an empty related article": odd(("related_article1:\n", "related_article9:\nrelated_article1:\n")),
    "an empty seo": odd((SEO, "seo:\n")),
    "related articles out of order": odd(("related_article1:", "related_article7:")),
    "a related article without id": odd(("    id: 209003\n", "")),
    "a related article with an empty id": odd(("    id: 209003\n", "    id:\n")),
    "an answer in a literal block": odd(("answer: >-", "answer: |-")),
    "an answer in a literal block with newlines": odd((ANSWER, "answer: |\n    Because\n\n    it is.\n")),
    "an answer in double quotes with newlines": odd((ANSWER, 'answer: "Because.\\n\\nOr not."\n')),
    "unknown keys": odd(
        ("author:", "zeta: 1\nalpha: {b: 1, a: [c, {e: 2025-01-01, d: 1.0e+16}]}\nauthor:"),
        ("answer:", "updated: 2025-01-01\nflag: yes\nquoted: 'yes'\nanswer:"),
    ),
    "unknown keys deeper down": odd(
        ("  page_keywords", "  og_image: 012\n  page_keywords"),
        ("    id: 209003", "    note: {b: 12:30, a: []}\n    id: 209003"),
    ),
    "no body": odd(("\n&nbsp;", "")),
    "a long body": odd(("&nbsp;", "# A\n\n---\nb: c\n---\n")),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_files_keep_values_keys_and_order(kind: str) -> None:
    original = ODD[kind]
    assert original != SAMPLE
    document = read(original)
    written = write_document(document)
    assert in_order(raw_values(written)) == in_order(raw_values(original))
    assert read_front_matter(written.encode()).body == read_front_matter(original.encode()).body
    assert read(written) == document
    assert json.loads(json.dumps(document.layout)) == document.layout
    assert json.loads(json.dumps(document.extra)) == document.extra


@pytest.mark.parametrize(
    "kind",
    ["a byte order mark", "CRLF", "titles on the line of their key", "related titles on the line of their key",
     "no score, titles below", "keys in another order", "empty keys", "an empty seo", "an answer in a literal block"],
)  # fmt: skip
def test_odd_files_that_are_written_byte_for_byte(kind: str) -> None:
    assert rewritten(ODD[kind]) == ODD[kind]


def test_texts_without_quotes_stay_so_for_other_yaml_parsers() -> None:
    original = ODD["unknown keys"]
    loaded, written = (yaml.safe_load(text.split("---\n")[1]) for text in (original, rewritten(original)))
    assert loaded["updated"] == dt.date(2025, 1, 1)
    assert (loaded["flag"], loaded["quoted"]) == (True, "yes")
    assert in_order(written) == in_order(loaded)


@pytest.mark.parametrize("kind", ["standard", *ODD])
@pytest.mark.parametrize(
    ("update", "key"),
    [
        ({"question": "Why does it float?"}, "question"),
        ({"answer": "Because.\n\nReally."}, "answer"),
        ({"author": "Ada"}, "author"),
        ({"score": 3.0}, "score"),
        ({"no_index": True}, "no_index"),
    ],
)
def test_of_an_edited_article_exactly_the_edited_key_differs(
    kind: str, update: dict[str, Any], key: str
) -> None:
    original = ODD.get(kind, SAMPLE)
    document = read(original)
    differs = any(getattr(document, name) != value for name, value in update.items())
    edited = document.model_copy(update=update)
    before, after = raw_values(original), raw_values(write_document(edited))
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == ({key} if differs else set())
    order = [name for name in after if name in before]
    assert order == [name for name in before if name in after]
    assert ArticleDocument.model_validate(edited.model_dump()).model_dump(exclude={"layout"}) == read(
        write_document(edited)
    ).model_dump(exclude={"layout"})


def test_related_articles_that_an_editor_adds_and_removes() -> None:
    document = read(ODD["keys in another order"])
    added = RelatedArticle(number=3, title="Another?", url="/learn/physics/questions/another")
    edited = document.model_copy(update={"related": (document.related[1], added), "extra": {}})
    keys = list(raw_values(write_document(edited)))
    assert keys[-2:] == ["related_article2", "related_article3"]
    assert read(write_document(edited)).related == edited.related


def test_a_score_that_an_editor_removes_leaves_no_key() -> None:
    document = read(ODD["keys in another order"]).model_copy(update={"score": None})
    assert "score" not in raw_values(write_document(document))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations([*raw_values(SAMPLE), "no_index", "extra1", "extra2"]),
    st.sets(st.sampled_from([*raw_values(SAMPLE), "no_index", "extra1"])),
    st.dictionaries(
        st.sampled_from(["author", "title", "question", "subject", "extra1", "extra2"]),
        visible_lines,
        max_size=3,
    ),
    st.sets(st.sampled_from(["author", "score", "seo", "no_index", "title", "related_article2"]), max_size=2),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.booleans(),
)
@example(list(raw_values(SAMPLE)), set(), {}, set(), None, False)
@pytest.mark.slow
def test_any_file_that_is_read_is_written_with_the_same_values_in_the_same_order(
    keys: list[str], left_out: set[str], texts: dict[str, str], empty: set[str], style: str | None, flow: bool
) -> None:
    values = raw_values(SAMPLE) | {
        "no_index": False,
        "extra1": {"b": 1, "a": ["x", {"d": 1, "c": 2}]},
        "extra2": "2025-01-01",
    }
    values |= texts | dict.fromkeys(empty)
    chosen = {key: values[key] for key in keys if key not in left_out}
    matter = yaml.safe_dump(
        chosen,
        sort_keys=False,
        allow_unicode=True,
        width=60,
        default_style=style,
        default_flow_style=flow or None,
    )
    original = f"---\n{matter}---\n\n&nbsp;"
    try:
        document = read(original)
    except DocumentError:
        assume(False)
        raise
    written = write_document(document)
    assert in_order(raw_values(written)) == in_order(raw_values(original))
    assert read(written) == document


# --- Whole libraries --------------------------------------------------------------------------------------------


def files_below(root: Path) -> list[Path]:
    paths = sorted(root.rglob("*.md"))
    assert paths
    return paths


def assert_comes_out_as_it_went_in(path: Path) -> bool:
    """Compare values, keys, order and body, with a parser that is not ours; return whether the bytes are the same."""
    original = path.read_bytes().decode()
    document, _ = read_document(original.encode(), path.as_posix())
    written = write_document(document)
    (_, before, body), (_, after, written_body) = (text.split("---\n", 2) for text in (original, written))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    assert in_order(yaml.load(after, Loader=loader)) == in_order(yaml.load(before, Loader=loader)), path  # noqa: S506
    assert written_body == body, path
    assert read_document(written.encode(), path.as_posix())[0] == document, path
    return written == original


def test_the_fixtures_come_out_as_they_went_in() -> None:
    for path in files_below(FIXTURES / "articles"):
        assert_comes_out_as_it_went_in(path)


def test_the_real_files_come_out_as_they_went_in(corpus: Path) -> None:
    different = [path for path in files_below(corpus / "learn") if not assert_comes_out_as_it_went_in(path)]
    assert different == []
