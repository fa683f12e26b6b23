"""Strict front matter: what is accepted and refused, and that every message names line and column."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from learn.files import DocumentError, Problem, key_position, read_document, read_mapping
from learn.files.frontmatter import FrontMatterError, inspect_front_matter, read_front_matter
from learn.files.limits import FILE_MAX_BYTES, MAX_DEPTH, MAX_EVENTS
from tests.conftest import FIXTURES, ROOT
from tests.files.sample import PATH, SAMPLE, sample

BROKEN = FIXTURES / "broken"
EXPECTED: dict[str, list[str]] = yaml.safe_load((BROKEN / "expected.yaml").read_text(encoding="utf-8"))


def problems_of(data: bytes, path: str = PATH) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        read_document(data, path)
    return caught.value.problems


def messages_of(data: bytes) -> list[str]:
    return [f"{p.line}:{p.column}: {p.message}" for p in problems_of(data) if p.severity == "error"]


def values_of(yaml_text: str) -> dict[str, object]:
    return read_front_matter(f"---\n{yaml_text}\n---\n".encode()).values


def faults_of(yaml_text: str) -> list[tuple[int, int, str]]:
    inspection = inspect_front_matter(f"---\n{yaml_text}\n---\n".encode())
    return [(*fault.position, fault.code) for fault in inspection.faults]


def run(code: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, cwd=ROOT, check=True)


# --- Every broken file gets its message -------------------------------------------------------------------------


def test_every_broken_file_has_its_messages_written_down() -> None:
    assert {path.name for path in BROKEN.glob("*.md")} == set(EXPECTED)
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("name", EXPECTED)
def test_broken_file(name: str) -> None:
    data = (BROKEN / name).read_bytes()
    assert messages_of(data) == EXPECTED[name]


def test_a_problem_reads_as_path_line_column_message() -> None:
    problem = problems_of(sample(("id: 209001", "id: none")))[0]
    assert str(problem).startswith(f"{PATH}:3:5: `id` is the text “none”, not a whole number: write")
    assert (problem.severity, problem.code) == ("error", "wrong-type")


def test_problems_travel_between_processes() -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(b"", PATH)
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 our own bytes
    assert error.problems == caught.value.problems
    assert str(error) == str(caught.value.problems[0])


def test_all_problems_of_a_file_come_at_once_in_file_order() -> None:
    data = sample(
        ("id: 209001", "id: x\nid: y"),
        ("date: 2025", "date: 2O25"),
        ("author: QuickTakes", "author: [1]"),
        ("subject: Physics\nfile", "subject: &a Physics\nfile"),
        ("score: -1.0", "score: high"),
        ("url: /learn/chemistry/questions/what-is-density", "url: what is it"),
    )
    assert [(p.line, p.code) for p in problems_of(data)] == [
        (4, "duplicate-key"),
        (5, "wrong-date"),
        (18, "wrong-type"),
        (23, "anchor"),
        (26, "wrong-type"),
        (38, "wrong-url"),
    ]


def test_what_precedes_a_syntax_error_is_checked_and_nothing_else_is_said_to_be_missing() -> None:
    data = sample(("date: 2025-03-14", "date: soon"), ("author: QuickTakes", "author: Quick: Takes"))
    assert [(p.line, p.code) for p in problems_of(data)] == [(4, "wrong-date"), (17, "yaml")]


def test_of_a_file_full_of_problems_the_first_hundred_are_told() -> None:
    problems = problems_of(sample(("author: QuickTakes", "a: [" + "*a, " * 5000 + "]")))
    assert len(problems) == 101
    assert (problems[-1].code, problems[-1].line) == ("more-problems", 17)
    assert problems[-1].message.startswith("4,900 more problems")


# --- Cutting the front matter off -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "body"),
    [
        ("---\na: b\n---\nbody", {"a": "b"}, "body"),
        ("---\na: b\n---\n\n&nbsp;", {"a": "b"}, "\n&nbsp;"),
        ("---\na: b\n---", {"a": "b"}, ""),
        ("---\n---\nbody", {}, "body"),
        ("---  \na: b\n---\t\nbody\n---\nmore", {"a": "b"}, "body\n---\nmore"),
        ("---\r\na: b\r\n---\r\nbody\r\n", {"a": "b"}, "body\r\n"),
        ("---\na: |-\n  ---\n  b\n---\nbody", {"a": "---\nb"}, "body"),
        ("---\na: b\n---- \n---\n", None, None),
        ("----\na: b\n---\n", None, None),
        (" ---\na: b\n---\n", None, None),
    ],
)
def test_front_matter_is_what_stands_between_the_first_two_fences(
    text: str, values: dict[str, str] | None, body: str | None
) -> None:
    if values is None:
        with pytest.raises(FrontMatterError):
            read_front_matter(text.encode())
        return
    front = read_front_matter(text.encode())
    assert (front.values, front.body) == (values, body)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends_change_neither_values_nor_places(bom: bytes, newline: str) -> None:
    data = bom + SAMPLE.replace("\n", newline).encode()
    plain, _ = read_document(SAMPLE.encode(), PATH)
    document, warnings = read_document(data, PATH)
    assert warnings == []
    assert document.model_dump(exclude={"layout", "body"}) == plain.model_dump(exclude={"layout", "body"})
    assert document.body == plain.body.replace("\n", newline)
    broken = data.replace(b"id: 209001", b"id: none")
    assert [(p.line, p.column) for p in problems_of(broken)] == [(3, 5)]


def test_columns_count_characters_not_bytes() -> None:
    assert messages_of(sample(("author: QuickTakes", "é😀: @")))[0].startswith("17:5: ")


def test_unicode_line_separators_are_text_not_line_breaks() -> None:
    data = sample(("Ice is lighter", "Ice\u2028is\u2029lighter"), ("score: -1.0", "score: high"))
    assert [(p.line, p.code) for p in problems_of(data)] == [(25, "wrong-type")]
    document, _ = read_document(sample(("Ice is lighter", "Ice\u2028is\u2029lighter")), PATH)
    assert document.seo.page_description == "Ice\u2028is\u2029lighter than the water it pushes aside."


def test_a_file_of_the_greatest_size_is_read_and_one_byte_more_is_not() -> None:
    start = b"---\na: b\n---\n"
    assert read_front_matter(start + b"x" * (FILE_MAX_BYTES - len(start))).values == {"a": "b"}
    data = start + b"x" * (FILE_MAX_BYTES - len(start) + 1)
    assert [(p.line, p.column, p.code) for p in problems_of(data)] == [(1, 1, "file-too-large")]


# --- Strict YAML ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("NO", "NO"), ("off", "off"), ("y", "y"), ("Yes", "Yes"),
        ("true", True), ("True", True), ("FALSE", False), ("tRUE", "tRUE"),
        ("", None), ("~", None), ("null", None), ("Null", None), ("nUll", "nUll"),
        ("0", 0), ("-12", -12), ("+12", 12), ("012", "012"), ("0o14", "0o14"), ("0x1F", "0x1F"), ("1_000", "1_000"),
        ("12:30:45", "12:30:45"), ("2025-02-08", "2025-02-08"), ("2025-02-08T10:00:00Z", "2025-02-08T10:00:00Z"),
        ("-1.0", -1.0), ("1.", 1.0), ("1.5e+3", 1500.0), ("1e3", "1e3"), (".5", ".5"), (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 18, int("9" * 18)), ("9" * 19, "9" * 19), ("9" * 5000, "9" * 5000), ("1.0e+999", "1.0e+999"),
        ("=", "="), ("'no'", "no"), ('"12"', "12"), ("'2025-02-08'", "2025-02-08"),
    ],
)  # fmt: skip
def test_scalars_mean_what_yaml_1_1_and_1_2_agree_on(written: str, value: object) -> None:
    read = values_of(f"a: {written}")["a"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: 2\na: 3", (4, 1, "duplicate-key")),
        ("a: {b: 1, b: 2}", (2, 11, "duplicate-key")),
        ("a: 1\n'a': 2", (3, 1, "duplicate-key")),
        ("a: &x 1", (2, 4, "anchor")),
        ("a: &x [1]", (2, 4, "anchor")),
        ("a: *x", (2, 4, "alias")),
        ("*x : a", (2, 1, "alias")),
        ("a: !x 1", (2, 4, "tag")),
        ("a: !!python/object/apply:os.system [ls]", (2, 4, "tag")),
        ("a: !!str 1", (2, 4, "tag")),
        ("<<: {a: 1}", (2, 1, "merge-key")),
        ("1: a", (2, 1, "key-not-text")),
        ("true: a", (2, 1, "key-not-text")),
        ("~: a", (2, 1, "key-not-text")),
        ("? : a", (2, 3, "key-not-text")),
        ("[a]: b", (2, 1, "key-not-text")),
        ("a: b\n--- c", (3, 1, "second-document")),
        ("%YAML 1.2\n--- a", (2, 1, "second-document")),
        ("a: {b: c", (2, 4, "yaml")),
        ("\ta: b", (2, 1, "yaml")),
        ("- a\n- b", (2, 1, "not-a-mapping")),
        ("a", (2, 1, "not-a-mapping")),
        ("a: " + "[" * (MAX_DEPTH + 1), (2, 4 + MAX_DEPTH - 1, "too-deep")),
    ],
)
def test_what_strict_yaml_refuses(text: str, fault: tuple[int, int, str]) -> None:
    assert faults_of(text)[0] == fault
    with pytest.raises(FrontMatterError):
        values_of(text)


def test_a_quoted_merge_sign_and_a_quoted_number_are_ordinary_keys() -> None:
    assert values_of("'<<': a\n'1': b") == {"<<": "a", "1": "b"}


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = MAX_DEPTH - 1  # the mapping itself is the first level
    assert values_of("a: " + "[" * depth + "]" * depth) != {}


def test_too_many_values_are_refused() -> None:
    many = "a: [" + "1, " * MAX_EVENTS + "]"
    assert [code for _, _, code in faults_of(many)] == ["too-many-values"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 25_000, "- " * 50_000, "? " * 50_000])
def test_deep_nesting_does_not_kill_the_process(text: str) -> None:
    # In a process of its own: PyYAML's loader ends here with a stack overflow that no test could catch.
    code = (
        "import sys; from learn.files import read_document, DocumentError\n"
        "try: read_document(sys.stdin.buffer.read(), 'x.md')\n"
        "except DocumentError as error: print(*[p.code for p in error.problems])"
    )
    data = f"---\na: {text}\n---\n" if text[0] in "[{" else f"---\n{text}\n---\n"
    done = subprocess.run(
        [sys.executable, "-c", code], input=data.encode(), capture_output=True, cwd=ROOT, check=True
    )
    assert {b"too-deep", b"key-not-text"} & set(done.stdout.split())


def test_without_libyaml_everything_is_read_the_same_with_a_warning() -> None:
    code = (
        "import sys, warnings; sys.modules['yaml._yaml'] = None\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    from learn.files.strict_yaml import HAS_LIBYAML\n"
        "    from learn.files import read_document, DocumentError\n"
        "assert not HAS_LIBYAML\n"
        "assert [w.category for w in caught if 'libyaml' in str(w.message)] == [RuntimeWarning]\n"
        "data = sys.stdin.buffer.read()\n"
        "print(read_document(data, 'x.md')[0].model_dump_json(), end='')\n"
        "try: read_document(data.replace(b'id: 209001', b'id: [1'), 'x.md')\n"
        "except DocumentError as error: print(*[p.line for p in error.problems], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=SAMPLE.encode(), capture_output=True, cwd=ROOT, check=True
    )
    assert done.stdout.decode() == read_document(SAMPLE.encode(), PATH)[0].model_dump_json()
    assert done.stderr.split() == [b"3"]


# --- Places -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (("_schema",), (2, 1)),
        (("related_article2",), (32, 1)),
        (("related_article2", "url"), (37, 5)),
        (("seo", "page_description"), (13, 3)),
        (("seo", "nothing"), (11, 1)),
        (("nothing",), (1, 1)),
    ],
)
def test_key_position(keys: tuple[str, ...], place: tuple[int, int]) -> None:
    assert key_position(SAMPLE.encode(), *keys) == place


def test_key_position_of_a_key_that_a_glance_does_not_find() -> None:
    assert key_position(sample(("author: QuickTakes", '"author": QuickTakes')), "author") == (17, 1)
    assert key_position(b"\xff", "author") == (1, 1)


def test_read_mapping_gives_values_and_places() -> None:
    values, position = read_mapping(b"physics:\n  title: Physics\n  listed: true\n", "subjects.yaml")
    assert values == {"physics": {"title": "Physics", "listed": True}}
    assert position("physics", "listed") == (3, 3)
    assert position("chemistry") == (1, 1)
    assert read_mapping(b"# nothing yet\n", "subjects.yaml")[0] == {}


@pytest.mark.parametrize("data", [b"- a", b"a: b: c", b"a: 1\na: 2", b"a: \xff", b"x" * (FILE_MAX_BYTES + 1)])
def test_read_mapping_refuses_what_front_matter_may_not_be(data: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        read_mapping(data, "subjects.yaml")
    assert caught.value.problems[0].path == "subjects.yaml"


# --- Whatever comes in ------------------------------------------------------------------------------------------

tokens = [
    "a: ", "b", "- ", "\n", "  ", "'", '"', "[", "]", "{", "}", ",", ": ", "#", "&a ", "*a", "!t ", "|", ">-", "? ",
    "<<: ", "---", "...", "%", "@", "\t", "\r\n", "\r", "\\", "\\n", "\0", "é", "\u2028", "\x85", "😀", "\ufeff",
    "url: /learn/a/questions/b\n", "answer: |\n  x\n", "related_article1:\n", "seo:\n", "date: 2025-02-08\n",
    "question: q\n", "id: 1\n",
]  # fmt: skip
yaml_like = st.lists(st.sampled_from(tokens), max_size=40).map("".join)
UNHURRIED = settings(max_examples=200)


def assert_read_or_refused(data: bytes) -> None:
    problems: list[Problem] = []
    try:
        problems = read_document(data, PATH)[1]
        severities = {"warning"}
    except DocumentError as error:
        problems = error.problems
        severities = {"warning", "error"}
        assert {p.severity for p in problems} >= {"error"}
    assert {p.severity for p in problems} <= severities
    lines = data.removeprefix(b"\xef\xbb\xbf").decode(errors="replace").split("\n")
    for problem in problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message


@UNHURRIED
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert_read_or_refused(data)


@UNHURRIED
@given(yaml_like)
def test_any_front_matter_is_read_or_refused(text: str) -> None:
    assert_read_or_refused(f"---\n{text}\n---\n".encode())


@UNHURRIED
@given(st.integers(0, len(SAMPLE)), st.integers(0, 12), yaml_like)
def test_any_damage_to_a_good_file_is_read_or_refused(start: int, length: int, text: str) -> None:
    assert_read_or_refused((SAMPLE[:start] + text + SAMPLE[start + length :]).encode())


@UNHURRIED
@given(yaml_like)
def test_the_two_ways_of_reading_agree(text: str) -> None:
    data = f"---\n{text}\n---\n".encode()
    inspection = inspect_front_matter(data)
    try:
        front = read_front_matter(data)
    except FrontMatterError:
        assert inspection.faults
    else:
        assert not inspection.faults
        assert inspection.front == front


# --- The real files ---------------------------------------------------------------------------------------------


def test_the_real_files_hold_what_pyyaml_reads(corpus: Path) -> None:
    for path in sorted(corpus.rglob("learn/**/*.md")):
        data = path.read_bytes()
        front = read_front_matter(data)
        loaded = yaml.load(front.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 a safe loader
        assert front.values == loaded | {"date": loaded["date"].isoformat()}, path
        assert list(front.values) == list(loaded), path
        assert inspect_front_matter(data).front == front, path
