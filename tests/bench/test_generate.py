from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from statistics import median

import yaml

from bench import generate
from bench.generate import Article

NUMBERS = range(2_000)


def front_matter(text: str) -> dict[str, object]:
    head, body = text.removeprefix("---\n").split("\n---\n")
    assert body == "\n&nbsp;"
    return yaml.load(head, yaml.CSafeLoader)


def test_a_seed_decides_every_byte(tmp_path: Path) -> None:
    generate.write(tmp_path / "one", 40, seed=3, jobs=1)
    generate.write(tmp_path / "two", 40, seed=3, jobs=2)
    one = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*.md")}
    two = {p.relative_to(tmp_path / "two"): p.read_bytes() for p in (tmp_path / "two").rglob("*.md")}
    assert one == two
    assert len(one) == 40
    assert Article(4, 7).file_text(40) != Article(3, 7).file_text(40)


def test_a_larger_corpus_begins_with_the_smaller_one() -> None:
    assert Article(1, 100).file_text(1_000) == Article(1, 100).file_text(1_000_000)


def test_every_url_is_unique() -> None:
    for start in (0, 990_000):
        urls = Counter(Article(1, number).heading.url for number in range(start, start + 20_000))
        assert max(urls.values()) == 1


def test_a_copy_repeats_everything_but_its_subject() -> None:
    copies = [article for number in NUMBERS if (article := Article(1, number)).original != number]
    assert 0.06 < len(copies) / len(NUMBERS) < 0.08
    for copy in copies:
        original = Article(1, copy.original)
        assert copy.heading.source_id == original.heading.source_id
        assert copy.answer == original.answer
        assert copy.heading.slug == original.heading.slug
        assert copy.heading.subject != original.heading.subject


def test_files_have_the_keys_of_the_real_ones_and_say_what_the_article_says() -> None:
    for number in (0, 13, 78, 534):
        article = Article(1, number)
        data = front_matter(article.file_text(2_000))
        assert list(data)[:10] == [
            "_schema", "id", "date", "title", "article_title", "date_format", "post_on_text", "seo", "author",
            "question",
        ]  # fmt: skip
        assert data["url"] == article.heading.url
        assert str(data["answer"]).replace("\\n", "\n") == article.answer
        assert ("score" in data) == (number % 100 < 78)
        assert ("no_index" in data) == (number == 534)
        links = [value for key, value in data.items() if key.startswith("related_article")]
        assert len(links) == len(article.links(2_000))


def test_the_mixture_is_that_of_the_real_library() -> None:
    answers = [Article(1, number).answer for number in NUMBERS]
    lengths = sorted(map(len, answers))
    assert 2_400 < median(lengths) < 2_700
    assert 3_400 < lengths[-len(lengths) // 100] < 4_100
    with_math = [answer for answer in answers if re.search(r"\\\(|\$\$|\$[^$\n]+\$", answer)]
    assert 0.09 < len(with_math) / len(answers) < 0.14
    assert any("```" in answer for answer in answers)
    with_table = [
        n
        for n in range(20_000)
        if Article(1, n).original == n and generate._Answer(1, Article(1, n)).has_table
    ]
    assert 10 < len(with_table) < 60
    assert "\n| --- " in Article(1, with_table[0]).answer
    links = [len(Article(1, number).links(36_000)) for number in NUMBERS]
    assert 2.6 < sum(links) / len(links) < 3.1
    assert 0.22 < links.count(0) / len(links) < 0.32


def test_revising_changes_the_answers_of_the_files_alone(tmp_path: Path) -> None:
    generate.write(tmp_path, 30, jobs=1)
    before = {path: path.read_text() for path in tmp_path.rglob("*.md")}
    generate.revise(sorted(before)[::10])
    changed = {path: text for path in tmp_path.rglob("*.md") if (text := path.read_text()) != before[path]}
    assert len(changed) == 3
    for path, text in changed.items():
        old, new = front_matter(before[path]), front_matter(text)
        assert str(new.pop("answer")).startswith(f"{old.pop('answer')}\\n\\nA later note")
        assert new == old
