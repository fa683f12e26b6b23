"""Tables in and out: JSON Lines and CSV say what the library says, row by row, whatever a spreadsheet makes of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from learn import documents
from learn.exporting import export_table
from learn.importing import ExitCode, ImportReport, SourceError, import_articles
from learn.models import Article, DeletedArticle, ImportedFile, Redirect, RelatedLink, Subject
from tests.factories import article_file, make_article, make_link, related

from .cases import HOW, WHY, at

pytestmark = pytest.mark.django_db

ODD = {
    "a": "12",
    "b": 12,
    "c": "=1+1",
    "d": "'",
    "e": "",
    "f": None,
    "g": [1, {"x": "y"}],
    "h": "[1]",
    "_body": "x",
}
MINIMAL = "url,id,date,question,answer"


def run(path: Path, **options: Any) -> ImportReport:
    return import_articles([str(path)], jobs=1, **options)


def library() -> dict[str, Any]:
    """All that visitors and files know of the library, by address."""
    rows = Article.objects.select_related("subject").prefetch_related("related_links")
    return {
        row.get_absolute_url(): (
            documents.import_key_of(row), row.layout, row.status, row.publish_at, row.is_preferred, row.is_indexable,
            row.subject.title, row.subject.is_listed,
        )
        for row in rows
    }  # fmt: skip


def empty() -> None:
    for model in (Article, Subject, DeletedArticle, ImportedFile, Redirect):
        model.objects.all().delete()


def fill(folder: Path) -> None:
    article_file(
        folder, WHY, related_article1=related(HOW), related_article3=related("/nowhere"), draft=True, author="",
        aliases=["/old", "/older one"], question="=cmd|' /C calc'!A0", reviewed={"by": "Ada"}, **ODD,
    )  # fmt: skip
    path = article_file(
        folder, HOW, publish_at="2999-01-31T12:00:00Z", is_preferred=True, no_index=True, score=None
    )
    path.write_text(path.read_text().replace("\n&nbsp;", '\r\n+1 "more"; text,\r\n'))
    article_file(folder, "/learn/hidden-things/questions/who", title="'=x", answer='- a, "b"; c\\n\\n\\tx')
    article_file(
        folder, "/learn/physics/questions/nabla", answer='$\\nabla$ and `\\n` and\\n```\\nprint("\\n")\\n```'
    )
    (folder / "subjects.yaml").write_text("hidden-things:\n  title: Hidden!\n  listed: false\n")


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_table_of_the_library_fills_an_empty_database_with_the_same_library(
    tmp_path: Path, form: str
) -> None:
    fill(tmp_path / "files")
    run(tmp_path / "files")
    made = make_article(question="Made here?", status="unpublished")
    make_link(made, at(HOW))
    mine = made.get_absolute_url()
    before = library()
    call_command("export_articles", str(tmp_path / "out"), format=form, verbosity=0)
    table = tmp_path / "out" / f"articles.{form}"
    assert run(table).unchanged == len(before)
    # What the site decided of it stands among its keys now, as in a file.
    assert library() == {**before, mine: (library()[mine][0], *before[mine][1:])}
    before.pop(mine)
    empty()
    report = run(table)
    assert (report.created, report.rejected) == (len(before) + 1, 0), report.problems
    after = library()
    assert after.pop(mine)[2] == "unpublished"
    assert after == before
    assert RelatedLink.objects.filter(target=at(HOW)).count() == 2
    assert set(Redirect.objects.values_list("old_path", "target")) == {
        (path, at(WHY).pk) for path in ("/old", "/older one")
    }
    again = tmp_path / "again"
    call_command("export_articles", str(again), format=form, verbosity=0)
    assert (again / table.name).read_bytes() == table.read_bytes()


def test_no_cell_begins_like_a_formula(tmp_path: Path) -> None:
    for number, start in enumerate(("=1", "+1", "-a", "@a", "\t=1", "'=1", "＝1")):
        make_article(slug=f"q-{number}", question=f"{start} or not?", answer=f"{start}\n{start}")
    export_table(tmp_path / "out.csv", "csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row if cell]
    numbers = {cell for cell in cells if cell.lstrip("-").replace(".", "").isdigit()}
    assert [cell for cell in cells if cell[0] in "=+-@\t\r\n＝" and cell not in numbers] == []


def test_what_a_spreadsheet_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    rows = [
        ["url", "id", "date", "question", "answer", "aliases", "no_index", "score"],
        [
            WHY,
            "7",
            "2025-02-08",
            'Why; "so"?',
            "First, a line.\r\n\r\nThen; another.",
            "/a /b",
            "TRUE",
            "-1,0",
        ],
        [HOW, "8", "2025-02-09", "How?", "'-5 degrees", "", "", ""],
        ["", "", "", "", "", "", "", ""],
    ]
    for delimiter, start in ((";", "\ufeff"), (",", ""), ("\t", ""), (";", "sep=;\r\n")):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter).writerows(rows)
        path.write_text(start + text.getvalue(), encoding="utf-8", newline="")
        empty()
        assert run(path).created == 2
        why = at(WHY)
        assert why.answer == "First, a line.\n\nThen; another."
        assert (why.question, why.extra, why.no_index, why.score) == (
            'Why; "so"?',
            {"aliases": ["/a", "/b"]},
            True,
            -1,
        )
        assert at(HOW).answer == "-5 degrees"


BAD_ROWS = [
    ("csv", f'{HOW},1,2025-01-01,How?,x,text,t', "contradicts", (3, len(HOW) + 27)),
    ("csv", f"{HOW},1,2025-13-01,How?,x", "date", (3, len(HOW) + 4)),
    ("csv", f"{HOW},x,2025-01-01,How?,x", "whole number", (3, len(HOW) + 2)),
    ("csv", f"{HOW},1,2025-01-01,How?,x,y", "6 cells", (3, len(HOW) + 22)),
    ("csv", f"{HOW},1,2025-01-01,How?", "4 cells", (3, 1)),
    ("csv", f'{HOW},1,2025-01-01,"How?,x', "never closed", (3, len(HOW) + 15)),
    ("csv", f'{HOW},1,2025-01-01,"How"?,x', "behind the closing", (3, len(HOW) + 20)),
    ("csv", f"{HOW},1,2025-01-01,,x", "`question` is missing", (3, 1)),
    ("jsonl", '{"url": "/learn/physics/questions/how", "id": 1,', "JSON", (2, 49)),
    ("jsonl", '{"id": 1, "id": 2}', "second time", (2, 11)),
    ("jsonl", '[1]', "one object", (2, 1)),
    ("jsonl", '{"id": 1, "url": "/x", "date": "2025-01-01", "question": "q", "answer": "x"}', "`url`", (2, 11)),
    ("jsonl", '{"id": NaN}', "JSON", (2, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("form", "bad", "said", "place"), BAD_ROWS)
def test_a_bad_row_is_named_by_its_line_and_stops_no_other(
    tmp_path: Path, form: str, bad: str, said: str, place: tuple[int, int]
) -> None:
    when, good = (
        "/learn/physics/questions/when",
        {"id": 1, "date": "2025-01-01", "answer": "x", "question": "Q?"},
    )
    path = tmp_path / f"rows.{form}"
    if form == "csv":
        more = (",seo,seo.title", ",,") if bad.count(",") == 6 else ("", "")
        header, ends = f"{MINIMAL}{more[0]}", more[1]
        rows = [f"{WHY},1,2025-01-01,Why?,x{ends}", bad, f"{when},2,2025-01-01,When?,x{ends}"]
        path.write_text("\n".join([header, *rows]))
    else:
        path.write_text("\n".join([json.dumps({"url": WHY, **good}), bad, json.dumps({"url": when, **good})]))
    report = run(path)
    errors = [(p.path, p.line, p.column) for p in report.problems if p.severity == "error"]
    assert errors == [(path.name, *place)], report.problems
    assert said in next(p.message for p in report.problems if p.severity == "error")
    assert (report.created, report.rejected, report.exit_code) == (2, 1, ExitCode.REJECTED)


def test_a_row_equal_to_its_own_last_import_wins_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = [f"{WHY},1,2025-01-01,Why?,Because.", f"{HOW},2,2025-01-01,How?,So."]
    path.write_text("\n".join([MINIMAL, *rows]))
    run(path)
    article = at(WHY)
    article.answer = "Said on the desk."
    article.save()
    path.write_text("\n".join([MINIMAL, rows[0], rows[1].replace("So.", "Thus.")]))
    report = run(path)
    assert (report.updated, report.unchanged, at(WHY).answer) == (1, 1, "Said on the desk.")
    path.write_text("\n".join([MINIMAL, rows[0].replace("Because.", "Since.")]))
    report = run(path)
    assert (report.conflicts, report.missing) == (1, 1)
    assert ("rows.csv", 2) in {(p.path, p.line) for p in report.problems if p.code == "conflict"}
    other = tmp_path / "other.csv"
    other.write_text(f"{MINIMAL}\n/learn/physics/questions/when,3,2025-01-01,When?,Now.\n")
    report = run(other, prune=True)
    assert (report.created, report.missing, report.unpublished) == (1, 0, 0)  # of others it says nothing


def test_a_row_that_cannot_be_read_takes_nothing_down(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = [f"{url},{number},2025-01-01,Q{number}?,A." for number, url in enumerate((WHY, HOW))]
    path.write_text("\n".join([MINIMAL, *rows]))
    run(path)
    path.write_text("\n".join([MINIMAL, rows[0], rows[1] + ",too,many"]))
    report = run(path, prune=True, prune_limit="100%")
    assert (report.rejected, report.unpublished, at(HOW).status) == (1, 0, "published")


def test_a_table_beside_a_folder_makes_nothing_of_the_folder_missing(tmp_path: Path) -> None:
    for url in (WHY, "/learn/biology/questions/who"):
        article_file(tmp_path / "learn", url)
    run(tmp_path / "learn")
    path = tmp_path / "rows.csv"
    path.write_text(f"{MINIMAL}\n{HOW},1,2025-01-01,How?,So.\n")
    report = import_articles([str(tmp_path / "learn" / "physics"), str(path)], jobs=1, prune=True)
    assert (report.created, report.unchanged, report.missing) == (1, 1, 0)


def test_tables_can_be_mapped_too(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("keys:\n  question: Q\n  answer: A\n  subject: Topic\n  slug: Q\n  date: When\n")
    path = tmp_path / "rows.csv"
    path.write_text("Q,A,Topic,When\nWhy is that?,Because.,Optics,8 Feb 2025\n")
    call_command("import_articles", str(path), mapping=str(own), jobs=1, verbosity=0)
    assert Article.objects.get().get_absolute_url() == "/learn/optics/questions/why-is-that"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"), (b"url,url\na,b\n", "twice"), ("url,id\n".encode("utf-16"), "UTF-16"), (b"url,id\n", "no rows"),
        (b"url,\"id\n", "never closed"),
    ],
)  # fmt: skip
def test_a_table_without_columns_is_refused_whole(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=said):
        run(path)


def test_a_folder_that_holds_nothing_but_a_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"{MINIMAL}\n")
    assert [problem.code for problem in run(tmp_path).problems] == ["table"]


def test_subjects_beside_a_table_keep_the_lines_of_a_writer(tmp_path: Path) -> None:
    subject = make_article().subject
    slug = subject.slug
    beside = tmp_path / "subjects.yaml"
    beside.write_text(f"# Ours\n{slug}:\n  title: {subject.title}  # short\nlater:\n  title: Later\n")
    run(tmp_path)
    written = beside.read_bytes()

    def export() -> list[str]:
        return [str(problem) for problem in export_table(tmp_path / "out.csv", "csv").problems]

    assert export() == []
    assert beside.read_bytes() == written  # it says nothing else than the site
    for title in ("First", "Second"):  # the second meets what the first wrote
        Subject.objects.filter(slug=slug).update(title=title)
        assert export() == []
        said = beside.read_text()
        assert said.startswith(f"# Ours\n{slug}:\n")
        assert f"title: {title}\n" in said
        assert "later:\n  title: Later\n" in said
    beside.write_text(said.replace("Second", "A writer's"))
    Subject.objects.filter(slug=slug).update(title="Third")
    (problem,) = export()
    assert f"the entry of {slug} was changed since it was imported" in problem
    assert "A writer's" in beside.read_text()
    beside.write_text("a: [")
    (problem,) = export()
    assert "it is no YAML mapping" in problem
    assert beside.read_text() == "a: ["


def test_no_subjects_no_file(tmp_path: Path) -> None:
    export_table(tmp_path / "out.csv", "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
