"""Throws made-up input at every door: `python -m tests.attacks.fuzz [TARGET...] --seconds N`, or `make fuzz`.

Each target is a property of hypothesis: whatever the input, the answer is one of those that are meant, and no
exception of ours. Seeds are pieces of real syntax, put together, cut and changed. A fault is shrunk and printed with what
makes it again. The same targets run with fixed seeds among the tests.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st

from tests.attacks.odd_input import FRONT, HEADERS, NAMES, PATHS, PIECES

text = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=40).map("".join)
front_matter = st.lists(st.one_of(st.sampled_from(FRONT), st.text(max_size=4)), max_size=30).map("".join)
WHOLE = (
    "---\nid: 1\ndate: 2025-02-08\nquestion: Why?\nanswer: >-\n    {}\nsubject: Physics\nurl: /learn/physics/questions/why\n"
    "---\n\n&nbsp;"
)


def render(answer: str) -> None:
    from learn import derive, rendering  # noqa: PLC0415 after Django is set up
    from learn.rendering.placeholders import PLACEHOLDER  # noqa: PLC0415

    rendered = rendering.render(answer)
    assert "render-failed" not in [problem.code for problem in rendered.problems]
    assert not PLACEHOLDER.search(rendered.html + rendered.text)
    assert "\0" not in rendered.html + rendered.text
    (rendered.html + rendered.text).encode()
    assert "<script" not in rendered.html
    derive.derived_fields("Why?", answer)


def front(source: str) -> None:
    from learn import files  # noqa: PLC0415
    from learn.files.writer import write_document  # noqa: PLC0415

    data = source.encode(errors="surrogatepass")
    files.peek(data)
    files.key_position(data, "url")
    try:
        document, _ = files.read_document(data, "x.md")
    except files.DocumentError as error:
        for problem in error.problems:
            str(problem).encode(errors="strict")
        return
    again, _ = files.read_document(write_document(document).encode(), "x.md")
    assert again.answer == document.answer


def newlines(source: str) -> None:
    from learn.files.newlines import decode, encode  # noqa: PLC0415

    line = " ".join(source.splitlines())
    assert encode(decode(line)) == line


def archive(data: bytes) -> None:
    from learn.jobs import archives  # noqa: PLC0415

    limits = archives.Limits(total_bytes=2_000_000, file_bytes=100_000)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("x.zip", "x.tar.gz"):
            path = Path(folder) / name
            path.write_bytes(data)
            out = Path(folder) / "out"
            out.mkdir(exist_ok=True)
            try:
                archives._unpack(path, out, "subjects.yaml", limits)
            except (archives.ArchiveError, MemoryError, RecursionError):
                pass
            except Exception:  # noqa: S110 as in the child: whatever a decompressor raises
                pass
            written = [each for each in Path(folder).rglob("*") if each.is_file()]
            assert all(each.parent == Path(folder) or out in each.parents for each in written)


def _archives() -> list[bytes]:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("physics/why.md", "x" * 300)
        file.writestr("subjects.yaml", "physics:\n  title: Light\n")
    with tarfile.open(fileobj=tarred, mode="w:gz", format=tarfile.PAX_FORMAT) as file:
        for name in ("physics/why.md", "n" * 200 + ".md"):
            info = tarfile.TarInfo(name)
            info.size = 5
            file.addfile(info, io.BytesIO(b"hello"))
    return [zipped.getvalue(), tarred.getvalue()]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(_archives())))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
        if not data:
            data = bytearray(b"PK")
    return bytes(data)


values = st.one_of(
    st.sampled_from(
        ("", "²", "-1", "9" * 25, "http://[", "https://[", "\x00", "//x", "1", "physics", "a" * 3000, "x=1;y")
    ),
    text,
)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(("GET", "GET", "POST", "HEAD", "OPTIONS", "PUT")),
        "path": st.one_of(st.sampled_from(PATHS), st.tuples(st.sampled_from(PATHS), text).map("".join)),
        "data": st.dictionaries(st.sampled_from(NAMES), values, max_size=5),
        "headers": st.dictionaries(
            st.sampled_from(HEADERS), st.text("\x20[]\"';,=:/%azAZ09*²é", max_size=40), max_size=3
        ),
    }
)


def request(made: dict[str, Any]) -> None:
    from django.db import transaction  # noqa: PLC0415

    with transaction.atomic():
        try:
            answer = _client().generic(**_as_http(made))
            assert answer.status_code < 500, answer.status_code
            if answer.streaming:
                for _piece in answer.streaming_content:
                    pass
        finally:
            transaction.set_rollback(True)


def _as_http(made: dict[str, Any]) -> dict[str, Any]:
    from urllib.parse import quote, urlencode  # noqa: PLC0415

    plain = {name: value.encode(errors="replace").decode() for name, value in made["data"].items()}
    query = urlencode(plain)
    path = quote(made["path"].encode(errors="replace"), safe="/%?&=")
    is_form = made["method"] in ("POST", "PUT")
    return {
        "method": made["method"],
        "path": path if is_form else f"{path}?{query}",
        "data": query if is_form else "",
        "content_type": "application/x-www-form-urlencoded",
        "headers": made["headers"],
    }


def _client() -> Any:
    """An editor who may do everything: a stranger meets fewer lines of code."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(raise_request_exception=False)
    user, _ = User.objects.get_or_create(username="fuzz", defaults={"is_staff": True, "is_superuser": True})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


TARGETS: dict[str, tuple[Callable[[Any], None], st.SearchStrategy[Any]]] = {
    "render": (render, text),
    "front-matter": (
        front,
        st.one_of(front_matter, text.map(lambda piece: WHOLE.format(piece.replace("\n", " ")))),
    ),
    "newlines": (newlines, text),
    "archives": (archive, damaged()),
    "requests": (request, requests),
}


def run(name: str, examples: int, number: int) -> int:
    """Try `examples` inputs that follow from `number`; return how many ran. Raises what a fault raises, shrunk."""
    target, strategy = TARGETS[name]
    count = 0

    @with_seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=True,
    )
    @given(strategy)
    def once(made: Any) -> None:
        nonlocal count
        count += 1
        target(made)

    once()
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="*", default=[], help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import logging  # noqa: PLC0415

    import django  # noqa: PLC0415

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases  # noqa: PLC0415

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    faults = 0
    try:
        for name in options.target or TARGETS:
            ends, count, number = time.monotonic() + options.seconds, 0, int(time.time())
            found = 0
            while time.monotonic() < ends:
                number += 1
                try:
                    count += run(name, 200, number)
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    found += 1
                    sys.stderr.write(
                        f"{name}, seed {number}: {error!r}\n"
                        + "\n".join(getattr(error, "__notes__", []))
                        + "\n"
                    )
            sys.stdout.write(f"{name}: {count:,} executions in {options.seconds} s, {found} faults\n")
            sys.stdout.flush()
            faults += found
    finally:
        teardown_databases(databases, verbosity=0)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
