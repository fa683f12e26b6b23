"""nginx's configuration for a published folder: the headers of each URL, redirects, and what is gone.

Derived from the answers of the site, not written a second time: a header that all pages of a kind share becomes the
default of that kind, one that differs is listed by URL, and one that holds the page's own address names it by a
variable. nginx leaves out a header whose value is empty, which is how an exception takes a default away.
https://nginx.org/en/docs/http/ngx_http_map_module.html
Libraries that write nginx's configuration (crossplane) only format it; what to write is the work.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from .tree import CONTROL, Entry, Manifest

# nginx makes these itself: from the file's name, its time and size, and whether it is compressed.
NGINX_MAKES = frozenset({"content-type", "etag", "last-modified", "vary", "location"})
PAGE = "$learn_page"
ELSEWHERE = {
    HTTPStatus.MOVED_PERMANENTLY: "$learn_moved",
    HTTPStatus.FOUND: "$learn_found",
    HTTPStatus.GONE: "$learn_gone",
}

Key = tuple[str, str]  # "page" or "asset", and the extension of the file: they decide most headers


def write(folder: Path, manifest: Manifest) -> None:
    """Write DIR/.publish/nginx.conf: maps for the `http` block, and a server that serves `folder` as it is."""
    kinds = _kinds(manifest)
    names = sorted({name for headers in kinds.values() for name in headers})
    control = folder / CONTROL
    maps = []
    for name in names:
        variable = f"$learn_{name.lower().replace('-', '_')}"
        defaults = {
            key: headers[name].most_common(1)[0][0] for key, headers in kinds.items() if name in headers
        }
        lines = [
            f"    {_quoted(' '.join(key))} {_quoted(value)};" for key, value in defaults.items() if value
        ]
        maps.append(_map("$learn_kind", f"{variable}_of_kind", lines))
        exceptions = [
            f"    {_quoted(entry.url)} {_quoted(value)};"
            for entry, values in _entries(manifest)
            if (value := values.get(name, "")) != defaults.get(_key(entry), "")
        ]
        maps.append(_map("$learn_url", variable, [f"    default {variable}_of_kind;", *exceptions]))
    for status, variable in ELSEWHERE.items():
        lines = [
            f"    {_quoted(entry.url)} {_quoted(_header(entry, 'Location') or '1')};"
            for entry in manifest
            if entry.status == status
        ]
        maps.append(_map("$uri", variable, lines))
    headers = "\n".join(
        f"    add_header {name} $learn_{name.lower().replace('-', '_')} always;" for name in names
    )
    types: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in manifest:
        types[Path(entry.file).suffix[1:]][_content_type(entry)] += 1
    type_lines = [
        f"        {_quoted(counts.most_common(1)[0][0])} {suffix};"
        for suffix, counts in sorted(types.items())
        if suffix
    ]
    text = _CONF.format(
        types="\n".join(type_lines),
        maps="\n".join(maps),
        headers=headers,
        root=folder.resolve(),
        control=CONTROL,
        static=settings.STATIC_URL,
    )
    temporary = control / "nginx.conf.new"
    temporary.write_text(text)
    temporary.replace(control / "nginx.conf")


def _kinds(manifest: Manifest) -> dict[Key, defaultdict[str, Counter[str]]]:
    """How often each value of each header occurs, for each kind of URL: "" counts the URLs without it."""
    kinds: dict[Key, defaultdict[str, Counter[str]]] = {}
    totals: Counter[Key] = Counter()
    for entry, values in _entries(manifest):
        if entry.status != HTTPStatus.OK:
            continue
        key = _key(entry)
        totals[key] += 1
        counts = kinds.setdefault(key, defaultdict(Counter))
        for name, value in values.items():
            counts[name][value] += 1
    for key, counts in kinds.items():
        for values_of_name in counts.values():
            values_of_name[""] += totals[key] - values_of_name.total()
    return kinds


def _entries(manifest: Manifest) -> Iterator[tuple[Entry, dict[str, str]]]:
    """Each published page with its headers, the page's own address in them replaced by a variable."""
    for entry in manifest:
        if entry.status == HTTPStatus.OK:
            page = re.sub(r"\.\w+\Z", "", urlsplit(entry.url).path)
            own = re.compile(rf"{re.escape(page)}(?=[\s\"'<>;,.?]|\Z)") if len(page) > 1 else None
            yield (
                entry,
                {
                    name: own.sub(PAGE, value) if own else value
                    for name, value in _headers(entry)
                    if name.lower() not in NGINX_MAKES
                },
            )


def _headers(entry: Entry) -> Iterator[tuple[str, str]]:
    for line in entry.headers.splitlines()[1:]:
        name, _colon, value = line.partition(": ")
        yield name, value


def _header(entry: Entry, wanted: str) -> str:
    return next((value for name, value in _headers(entry) if name == wanted), "")


def _key(entry: Entry) -> Key:
    is_asset = entry.url.startswith(settings.STATIC_URL)
    return "asset" if is_asset else "page", Path(entry.file).suffix[1:]


def _content_type(entry: Entry) -> str:
    return _header(entry, "Content-Type").replace('"', "")  # charset="utf-8" is charset=utf-8


def _quoted(text: str) -> str:
    """`text` as nginx reads it between quotes. Raises ValueError for what nginx cannot hold: a stray `$`."""
    if "$" in text.replace(PAGE, ""):
        raise ValueError(f"nginx would read a variable in {text!r}")
    text = unquote(text) if text.startswith("/") else text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _map(source: str, variable: str, lines: list[str]) -> str:
    return "\n".join([f"map {source} {variable} {{", *lines, "}"])


_CONF = """\
# Made by `manage.py publish_site`: include it in the http block of nginx.conf. Serves the published folder as it is.
map_hash_max_size 1048576;
map_hash_bucket_size 1024;

# The page of a list is part of its file's name; other arguments (of campaigns, say) are not.
map $arg_page $learn_query {{
    default "";
    "~^[1-9][0-9]*$" "?page=$arg_page";
}}
map "$learn_address$learn_query" $learn_url {{
    default "$learn_address$learn_query";
}}
map $learn_address $learn_page {{
    default $learn_address;
    "~^(?<stem>.+)\\.[a-z]+$" $stem;
}}
map $learn_address $learn_kind {{
    default "page html";
    "~^{static}.*\\.(?<asset_suffix>[a-z0-9]+)$" "asset $asset_suffix";
    "~\\.(?<page_suffix>[a-z0-9]+)$" "page $page_suffix";
}}
{maps}

server {{
    listen 127.0.0.1:8080;
    root {root};
    types {{
{types}
    }}
    default_type application/octet-stream;

    gzip_static on;
    # With the module ngx_brotli_static (Debian: libnginx-mod-http-brotli-static): brotli_static on;
    gzip_vary on;
    etag on;
    absolute_redirect off;
    sendfile on;
    open_file_cache max=20000 inactive=60s;
    open_file_cache_valid 5s;

{headers}

    set $learn_address $uri;  # the reader's: $uri becomes the name of a file
    if ($learn_moved) {{
        return 301 $learn_moved$is_args$args;
    }}
    if ($learn_found) {{
        return 302 $learn_found$is_args$args;
    }}
    if ($learn_gone) {{
        return 410;
    }}
    error_page 404 /404.html;
    error_page 410 /410.html;

    rewrite ^(/.+)/$ $1 permanent;
    location / {{
        try_files "$uri$learn_query.html" $uri.html $uri =404;
    }}
    # Pages of other servers' answers, not pages of the site; and what is not for readers.
    location ~ (^/(404|410)$|^/\\{control}/|\\.headers$) {{
        return 404;
    }}
}}
"""
