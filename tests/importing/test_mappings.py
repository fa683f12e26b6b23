"""Files of other tools: what their keys become, what is told, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from learn.exporting import export_articles
from learn.files import mapping
from learn.files.problems import DocumentError
from learn.importing import ExitCode, ImportReport, import_articles
from learn.models import Article, ImportConflict

pytestmark = pytest.mark.django_db

TOML = """+++
title = "Why is the sky blue?"
date = 2024-01-02T23:30:00-05:00
lastmod = 2024-03-01
description = "Air scatters blue light."
tags = ["light", "air"]
categories = ["Atmospheric Physics"]
slug = "Blue Sky"
url = "/posts/sky.html"
aliases = ["/Sky/", "sky-2"]
weight = 3
+++
Because $\\\\nabla$ of air.

- **Red** passes.
"""
JSON = """{
  "title": "Why is the sky blue?",
  "date": "2024-01-02T23:30:00Z",
  "draft": true,
  "tags": ["light"]
}

Because of air.
"""
JEKYLL = """---
layout: post
title: "Why is the sky blue?"
category: Physics
tags: [light]
permalink: /:categories/:title/
published: false
redirect_from: /old/sky
---

Because of air.
"""
ASTRO = """---
title: Why is the sky blue?
description: Air scatters.
pubDate: 'Jul 08 2022'
updatedDate: 2022-08-01
heroImage: ../sky.png
seo:
  noindex: true
---

Because of air.
"""
DECAP = """---
title: Why is the sky blue?
date: 2022-07-08 10:00:00 +0200
status: draft
author: {name: Ada}
category: physics
---
Because of air.
"""
SHAPES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    (
        "hugo", "content/waves/sky.md", TOML, "/learn/atmospheric-physics/questions/blue-sky",
        {
            "question": "Why is the sky blue?", "date.isoformat": "2024-01-02", "keywords": "light, air",
            "publish_at.isoformat": "2024-01-03T04:30:00+00:00", "subject_label": "Atmospheric Physics",
            "description": "Air scatters blue light.", "status": "published",
            "answer": "Because $\\\\nabla$ of air.\n\n- **Red** passes.", "modified_at.date.isoformat": "2024-03-01",
        },
    ),
    (
        "hugo", "content/waves/sky/index.md", JSON, "/learn/waves/questions/sky",
        {"date.isoformat": "2024-01-02", "status": "draft", "answer": "Because of air."},
    ),
    (
        "jekyll", "_posts/2023-02-03-blue-sky.md", JEKYLL, "/learn/physics/questions/blue-sky",
        {"date.isoformat": "2023-02-03", "status": "unpublished", "keywords": "light"},
    ),
    (
        "astro", "src/content/physics/sky.md", ASTRO, "/learn/physics/questions/sky",
        {"date.isoformat": "2022-07-08", "description": "Air scatters.", "author": "QuickTakes"},
    ),
    (
        "decap", "content/blog/sky.md", DECAP, "/learn/physics/questions/sky",
        {"date.isoformat": "2022-07-08", "status": "draft", "author": "Ada"},
    ),
]  # fmt: skip


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def run(folder: Path, name: str, **options: Any) -> ImportReport:
    return import_articles([str(folder)], jobs=1, mapping=mapping.load(name), **options)


def value(article: Article, name: str) -> Any:
    found: Any = article
    for part in name.split("."):
        found = getattr(found, part)
    return found() if callable(found) else found


@pytest.mark.parametrize(("tool", "name", "text", "url", "expected"), SHAPES)
def test_each_tool_is_read_and_read_again_without_a_change(
    tmp_path: Path, tool: str, name: str, text: str, url: str, expected: dict[str, Any]
) -> None:
    put(tmp_path, name, text)
    report = run(tmp_path, tool)
    assert (report.created, report.rejected) == (1, 0), report.problems
    article = Article.objects.get()
    assert article.get_absolute_url() == url
    said = {}
    for key in expected:
        outer, _, method = key.rpartition(".") if key.endswith("isoformat") else (key, "", "")
        if outer.endswith(".date"):
            said[key] = value(article, outer.removesuffix(".date")).date().isoformat()
        else:
            said[key] = value(article, outer).isoformat() if method else value(article, outer)
    assert said == expected
    assert run(tmp_path, tool).unchanged == 1


def test_former_addresses_lead_to_the_article(tmp_path: Path, client: Client) -> None:
    put(tmp_path, "content/waves/sky.md", TOML)
    run(tmp_path, "hugo")
    for path in ("/posts/sky.html", "/Sky/", "/waves/sky-2", "/waves/sky-2/"):
        assert client.get(path).headers["Location"] == "/learn/atmospheric-physics/questions/blue-sky", path


def test_unknown_keys_are_told_and_kept_and_code_of_the_tool_is_told(tmp_path: Path) -> None:
    text = TOML.replace("weight = 3", "weight = 3\nshelf = 4").replace("Because", "Because {{< figure >}}")
    put(tmp_path, "content/waves/sky.md", text)
    told = {(p.line, p.code) for p in run(tmp_path, "hugo").problems}
    assert told == {(12, "unknown-key"), (14, "template-code")}
    assert Article.objects.get().extra["shelf"] == 4
    assert "weight" not in Article.objects.get().extra


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("2024-01-02T23:30:00-05:00", '"yesterday"', (3, 1), "2025-02-08"),
        ("2024-01-02T23:30:00-05:00", "2024-13-02", (3, 8), "TOML"),
        ('title = "Why is the sky blue?"\n', "", (1, 1), "`title` is missing: write a line such as `title ="),
        ("title", "title = 1\ntitle", (3, 25), "TOML"),
        ("+++\nBecause", "Because", (1, 1), "`+++`"),
        ('["light", "air"]', '"a\\u0007b"', (6, 1), "control character"),
        ("Because $\\\\nabla$ of air.\n\n- **Red** passes.\n", "", (13, 1), "the answer"),
    ],
)
def test_every_fault_stands_at_its_place_and_stops_no_other_file(
    tmp_path: Path, old: str, new: str, place: tuple[int, int], said: str
) -> None:
    assert old in TOML
    put(tmp_path, "content/waves/sky.md", TOML.replace(old, new, 1))
    put(tmp_path, "content/waves/other.md", JSON)
    report = run(tmp_path, "hugo")
    errors = [problem for problem in report.problems if problem.severity == "error"]
    assert [(p.path, p.line, said in p.message) for p in errors] == [
        ("content/waves/sky.md", place[0], True)
    ], errors
    assert (report.created, report.rejected, report.exit_code) == (1, 1, ExitCode.REJECTED)


def test_an_edit_and_a_changed_file_are_put_together_and_a_renamed_file_moves(tmp_path: Path) -> None:
    path = put(tmp_path, "content/waves/sky.md", TOML)
    run(tmp_path, "hugo")
    article = Article.objects.get()
    article.description = "Said on the desk."
    article.save()
    path.write_text(TOML.replace("**Red** passes", "**Red** light passes"))
    report = run(tmp_path, "hugo")
    article.refresh_from_db()
    assert (report.merged, article.description) == (1, "Said on the desk.")
    assert "Red** light" in article.answer
    path.write_text(path.read_text().replace("Air scatters blue", "Dust scatters blue"))
    assert (run(tmp_path, "hugo").conflicts, ImportConflict.objects.count()) == (1, 1)
    path.write_text(path.read_text().replace("Blue Sky", "Sky blue").replace("Dust", "Air"))
    assert run(tmp_path, "hugo").moved == 1
    assert Article.objects.get().slug == "sky-blue"


def test_a_mapping_of_ones_own_and_what_is_wrong_with_one(tmp_path: Path) -> None:
    own = put(
        tmp_path,
        "own.yaml",
        "extends: hugo\nkeys:\n  question: q\ndefaults:\n  subject: Optics\nkeep: [weight]\n",
    )
    source = tmp_path / "content"
    put(source, "sky.md", "---\nq: Why?\ndate: 2024-01-02\nweight: 3\n---\nBecause.\n")
    call_command("import_articles", str(source), mapping=str(own), jobs=1, verbosity=0)
    assert Article.objects.get().get_absolute_url() == "/learn/optics/questions/sky"
    own.write_text("keys:\n  qestion: q\n  answer: $text\nkeep: weight\nlike: hugo\n")
    with pytest.raises(DocumentError) as caught:
        mapping.load(str(own))
    assert [(p.line, p.column) for p in caught.value.problems] == [(2, 3), (3, 3), (4, 1), (5, 1)]
    with pytest.raises(CommandError, match="hugo, jekyll, astro, decap"):
        call_command("import_articles", str(source), mapping=str(tmp_path / "none.yaml"), verbosity=0)


def test_an_export_leaves_the_files_of_the_other_tool_alone(tmp_path: Path) -> None:
    path = put(tmp_path / "site", "content/waves/sky.md", TOML)
    run(tmp_path / "site", "hugo")
    article = Article.objects.get()
    article.author = "Ada"
    article.save()
    report = export_articles(tmp_path / "site")
    assert [problem.code for problem in report.problems] == ["changed"]
    assert "another tool" in report.problems[0].message
    assert path.read_text() == TOML
    assert export_articles(tmp_path / "ours").problems == []
    assert import_articles([str(tmp_path / "ours")], jobs=1).unchanged == 1
