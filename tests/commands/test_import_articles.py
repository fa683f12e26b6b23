from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from learn.models import Article
from tests.factories import article_file, related

pytestmark = pytest.mark.django_db

WHY, HOW = "/learn/physics/questions/why", "/learn/physics/questions/how"
REPORT_KEYS = {
    "version", "created", "updated", "unchanged", "conflicts", "missing", "unpublished", "redirects", "rejected",
    "warnings", "seconds", "dry_run", "problems", "merged", "moved", "superseded", "kept_deleted", "revived", "kept",
    "exit_code", "changes", "kinds",
}  # fmt: skip


def call(*arguments: object, **options: Any) -> tuple[int, str, str]:
    """Run the command; return its exit code, standard output and standard error."""
    out, err = StringIO(), StringIO()
    try:
        call_command(
            "import_articles", *map(str, arguments), jobs=1, stdout=out, stderr=err, no_color=True, **options
        )
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def test_done_is_0_and_the_summary_counts(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    code, out, err = call(tmp_path)
    assert (code, out) == (0, "")
    assert "1 created, 0 updated, 0 unchanged" in err
    assert call(tmp_path, verbosity=0) == (0, "", "")


def test_rejected_is_1_and_every_problem_has_its_place(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    article_file(tmp_path, HOW, date="2024-13-45")
    code, _out, err = call(tmp_path)
    assert code == 1
    line = next(
        n
        for n, text in enumerate((tmp_path / "physics/how.md").read_text().splitlines(), 1)
        if "2024-13" in text
    )
    assert f"physics/how.md:{line}:" in err
    assert Article.objects.count() == 1


@pytest.mark.parametrize("options", [{"prune_limit": "many"}, {"prune_limit": "-3"}])
def test_wrong_usage_is_2(tmp_path: Path, options: dict[str, str]) -> None:
    article_file(tmp_path, WHY)
    assert call(tmp_path, prune=True, **options)[0] == 2
    assert Article.objects.count() == 0


def test_an_unreadable_source_is_3_and_says_what_to_give(tmp_path: Path) -> None:
    code, _out, message = call(tmp_path / "nowhere")
    assert code == 3
    assert "nowhere" in message
    assert "Give a folder" in message


def test_the_prune_guard_is_4(tmp_path: Path) -> None:
    path = article_file(tmp_path, WHY)
    article_file(tmp_path, HOW)
    call(tmp_path)
    path.unlink()
    code, _out, err = call(tmp_path, prune=True)
    assert code == 4
    assert "1 of 2 published articles are gone" in err
    assert call(tmp_path, prune=True, prune_limit="1")[0] == 0


def test_the_json_report(tmp_path: Path) -> None:
    source = tmp_path / "source"
    article_file(source, WHY, related_article1=related(HOW), seo={"title": "QuickTakes | Physics"})
    file = tmp_path / "report.json"
    code, out, _err = call(source, report="-")
    report = json.loads(out)
    assert code == 0
    assert set(report) == REPORT_KEYS
    assert (report["version"], report["created"], report["warnings"]) == (2, 1, len(report["problems"]))
    assert {problem["code"] for problem in report["problems"]} >= {"dead-link"}
    assert set(report["problems"][0]) == {"path", "line", "column", "severity", "code", "message"}
    call(source, report=str(file))
    assert json.loads(file.read_text())["unchanged"] == 1


def test_a_report_that_cannot_be_written_is_said_without_a_traceback(tmp_path: Path) -> None:
    article_file(tmp_path, WHY)
    code, _out, message = call(tmp_path, report=str(tmp_path / "no" / "folder.json"))
    assert code == 1
    assert "the import is done" in message


def test_all_warnings_are_shown_when_asked_for(tmp_path: Path) -> None:
    for number in range(30):
        article_file(tmp_path, f"/learn/physics/questions/q-{number}", related_article1=related(HOW))
    _code, _out, err = call(tmp_path)
    assert err.count("related_article1 leads to") == 1
    assert "30 warnings by kind" in err
    assert "30 dead-link, for example" in err
    _code, _out, err = call(tmp_path, force=True, verbosity=2)
    assert err.count("related_article1 leads to") == 30


def test_since_last_tells_what_is_new_and_counts_the_rest(tmp_path: Path) -> None:
    source = tmp_path / "source"
    article_file(source, WHY, seo={})
    article_file(source, HOW, date="2024-13-45")
    code, out, err = call(source, since_last=True, report="-")
    first = json.loads(out)
    assert (code, first["since"], first["known"]) == (1, None, [])
    assert "all of its problems are new" in err
    article_file(source, "/learn/physics/questions/when", draft="maybe")
    call(source, dry_run=True)  # is no run
    code, out, err = call(source, since_last=True, force=True, report="-")
    report = json.loads(out)
    assert [problem["code"] for problem in report["problems"]] == ["lifecycle"]
    assert {kind["code"]: kind["count"] for kind in report["known"]} == {
        "missing-description": 1,
        "wrong-date": 1,
    }
    assert (code, report["rejected"], report["warnings"]) == (1, 1, 2)
    assert "how.md" not in err
    assert "left out: 1 wrong-date, 1 missing-description" in err
    path = source / "physics" / "how.md"
    path.write_text("# A line above.\n" + path.read_text())
    _code, _out, err = call(source, since_last=True)
    assert "how.md" in err  # it fails in another way now
