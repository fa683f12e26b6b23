"""Compares the structure of our HTML with that of react-markdown and remark-gfm, answer by answer.

    npm ci --prefix tests/reference
    python -m tests.reference.compare DIR

DIR holds a folder ``learn`` of article files. Both sides get the same text: newlines decoded, formulas taken out. A
display formula is a fence to the reference, as it is to remark-math. Compared are the trees of elements with their
texts, addresses, list numbers, alignments and languages. Left out is what we add on purpose (scroll boxes, colours of
code, ids, rel), what GFM adds that we do not want (links around bare addresses, which are counted), and blocks of HTML:
the reference shows one as a single text, to us its lines are Markdown. No answer of the library has one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
import html5lib
import yaml

from learn.files.newlines import decode
from learn.rendering.formulas import Protected
from learn.rendering.markdown import to_html
from learn.rendering.math import protect
from learn.rendering.rendered import Problems

HERE = Path(__file__).resolve().parent
_ADDRESS = re.compile(r"(?:https?://|mailto:)?(.*?)/?", re.DOTALL)
_LIST_MARKER = re.compile(r"[-*+]|\d{1,9}[.)]")


@dataclass
class Comparison:
    """``different`` names the answers whose trees differ, with the first difference of each."""

    compared: int = 0
    different: dict[str, str] = field(default_factory=dict)
    with_bare_addresses: int = 0


def answers(folder: Path) -> Iterator[tuple[str, str]]:
    """The path and the decoded answer of every article file in the folder."""
    for path in sorted(folder.glob("learn/*/*.md")):
        front_matter = path.read_text(encoding="utf-8").split("\n---\n", 1)[0].removeprefix("---\n")
        fields = yaml.load(front_matter, Loader=yaml.CSafeLoader)
        yield str(path.relative_to(folder / "learn")), decode(fields["answer"])


def compare(texts: Iterable[tuple[str, str]]) -> Comparison:
    """Renders every text on both sides and compares. Needs node, and ``npm ci`` in this folder."""
    requests, ours = [], {}
    for name, text in texts:
        problems = Problems()
        protected = protect(text, problems)
        html, writer = to_html(protected, problems)
        for formula in writer.block_formulas:
            html = html.replace(formula, f'<pre><code class="language-math">{formula}</code></pre>')
        ours[name] = html
        fenced = "\n".join(_fence_formulas(line, protected) for line in protected.text.split("\n"))
        requests.append(json.dumps({"name": name, "text": fenced}))
    answered = subprocess.run(
        ["node", str(HERE / "render.mjs")],
        input="\n".join(requests),
        capture_output=True,
        text=True,
        check=True,
    )
    result = Comparison()
    for line in answered.stdout.splitlines():
        reference = json.loads(line)
        name = reference["name"]
        theirs, bare = _without_bare_addresses(reference["html"], ours[name])
        result.compared += 1
        result.with_bare_addresses += bare
        difference = first_difference(tree(ours[name]), tree(theirs))
        if difference:
            result.different[name] = difference
    return result


def _fence_formulas(line: str, protected: Protected) -> str:
    """A line that holds nothing but display formulas, behind quotation and list marks, as fences."""
    match = re.fullmatch(r"((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(\S.*)", line)
    if not match or not protected.is_display_line(match[2]):
        return line
    prefix = match[1]
    inside = _LIST_MARKER.sub(lambda mark: " " * len(mark[0]), prefix)
    fence = "\n".join(f"{inside}```math\n{inside}{formula}\n{inside}```" for formula in match[2].split())
    return prefix + fence.removeprefix(inside)


def _without_bare_addresses(html: str, ours: str) -> tuple[str, bool]:
    """The reference's HTML without the links that GFM puts around addresses written as plain text."""

    def unlink(match: re.Match[str]) -> str:
        address, text = match[1], match[2]
        is_bare = (
            _ADDRESS.fullmatch(address)[1] == _ADDRESS.fullmatch(text)[1] and f'href="{address}"' not in ours
        )
        return text if is_bare else match[0]

    unlinked = re.sub(r'<a href="([^"]*)">([^<]*)</a>', unlink, html)
    return unlinked, unlinked != html


# Trees: an element is [name, attributes, children], a text is a string.


def tree(html: str) -> list[Any]:
    root = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return _tidy(_children(root))


def _children(element: Any) -> list[Any]:
    children: list[Any] = [element.text or ""]
    for child in element:
        children += _node(child)
        children.append(child.tail or "")
    return children


def _node(element: Any) -> list[Any]:
    name, children = element.tag, _children(element)
    if name in {"div", "span", "input"}:
        return children
    attributes = {key: element.get(key) for key in ("href", "title", "start") if element.get(key)}
    align = (element.get("style") or "").removeprefix("text-align:").strip(" ;") or (
        (element.get("class") or "").removeprefix("align-") if name in {"th", "td"} else ""
    )
    if align:
        attributes["align"] = align
    if name == "code" and (element.get("class") or "").startswith("language-"):
        attributes["language"] = re.sub(r"[^a-z0-9]+", "-", element.get("class").lower())
    if name == "th" and not "".join(element.itertext()).strip():
        name = "td"
    if name == "pre":
        return [[name, attributes, ["".join(element.itertext()).rstrip("\n")], _languages(children)]]
    return [[name, attributes, _tidy(children)]]


def _languages(children: list[Any]) -> list[str]:
    return [child[1].get("language", "") for child in children if isinstance(child, list)]


def _tidy(children: list[Any]) -> list[Any]:
    """Texts joined, runs of spaces single, and none at the edges of blocks."""
    joined: list[Any] = []
    for child in children:
        if isinstance(child, str) and joined and isinstance(joined[-1], str):
            joined[-1] += child
        else:
            joined.append(child)
    texts = [re.sub(r"\s+", " ", child) if isinstance(child, str) else child for child in joined]
    blocks = {
        "p",
        "ul",
        "ol",
        "li",
        "pre",
        "blockquote",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "hr",
        "br",
    }
    blocks |= {f"h{level}" for level in range(1, 7)}
    tidy = []
    for index, child in enumerate(texts):
        if isinstance(child, str):
            before = texts[index - 1] if index else ["p"]
            after = texts[index + 1] if index + 1 < len(texts) else ["p"]
            text = child.lstrip() if before[0] in blocks else child
            text = text.rstrip() if after[0] in blocks else text
            if text:
                tidy.append(text)
        else:
            tidy.append(child)
    return tidy


def first_difference(ours: Any, theirs: Any, path: str = "") -> str:
    """Where two trees first differ, for people; empty where they are equal."""
    if ours == theirs:
        return ""
    if isinstance(ours, list) and isinstance(theirs, list):
        name = f"{path}/{ours[0]}" if ours and isinstance(ours[0], str) and len(ours) > 2 else path
        for one, other in zip(ours, theirs, strict=False):
            if one != other:
                return first_difference(one, other, name)
        return f"{name}: ours has {len(ours)} parts, the reference {len(theirs)}: {ours!r:.200} | {theirs!r:.200}"
    return f"{path}: {ours!r:.200} | {theirs!r:.200}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Compare the structure of rendered answers with react-markdown's."
    )
    parser.add_argument("folder", type=Path, help="holds a folder “learn” of article files")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    result = compare(answers(options.folder))
    for name, difference in result.different.items():
        sys.stdout.write(f"{name}\n    {difference}\n")
    sys.stdout.write(
        f"{result.compared} answers compared, {len(result.different)} differ; "
        f"in {result.with_bare_addresses} the reference links a bare address and we do not.\n"
    )
    return 1 if result.different else 0


if __name__ == "__main__":
    sys.exit(main())
