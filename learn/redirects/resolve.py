"""Resolves an address without a page: by the redirect table, then by rules for common mistakes.

Django's redirects app knows one exact path to another: no articles that move again, no 410, no rules."""

from __future__ import annotations

import re
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from learn.files.limits import URL_MAX_LENGTH
from learn.http import is_web_address
from learn.models import Article, Redirect, Subject, Topic, TopicCount

LEARN = re.compile(r"/learn(?=[/?#]|\Z)")
# The former site wrote some links relative to an article that was not there.
UNDEFINED = re.compile(r"/learn/.*/undefined(?=/learn/)")
QUESTIONS = re.compile(r"(/learn/[^/]+)/questions\Z")
# A page saved as a file, or one of a site made of files.
FILE = re.compile(r"(?:/index)?\.html?\Z|/index\Z")
# What other generators of sites call their sitemap.
SITEMAP = re.compile(
    r"/(?:wp-|server-)?sitemaps?(?:[_-]index|-\d+|/sitemap(?:-\d+)?)?\.(?:xml|xml\.gz|txt)\Z"
)
SUFFIX = re.compile(r"[?#].*", re.DOTALL)
MAX_HOPS = 10
MAX_NAMESAKES = 20  # one slug stands under four subjects of the real library at most


class GoneError(Exception):
    """What stood at the address was removed for good."""


def normalised(path: str) -> str:
    """`path` as we would write it: lower case, single slashes, none at the end, without known breakage."""
    path = re.sub(r"/{2,}", "/", path.lower()).rstrip("/") or "/"
    if SITEMAP.fullmatch(path):
        return "/sitemap.xml"
    path = FILE.sub("", UNDEFINED.sub("", path)) or "/"
    return QUESTIONS.sub(r"\1", path)


def destination(path: str) -> str | None:
    """The address of the page that `path`, which has none, leads to; None where there is none either.

    Follows redirects and rules up to a page, so that the answer is one hop from it: never a redirect itself,
    never a 404 of ours. An editor's redirect goes before a rule, a live page before a redirect. Raises GoneError
    where a redirect ends nowhere. What an expired page leads to is a redirect, too. At most six queries a hop; a second
    hop takes a redirect to a redirect.
    """
    hop, suffix, seen = path, "", set[str]()
    while hop not in seen and len(seen) < MAX_HOPS and is_plausible(hop):
        normal = normalised(hop)
        if seen and has_page(hop):
            return hop + suffix
        seen.add(hop)
        rows = {
            row.old_path: row
            for row in Redirect.objects.filter(old_path__in={hop, normal}).select_related(
                "target__subject", "target__canonical__subject"
            )
        }
        row = rows.get(hop)
        if row is None and normal != hop and has_page(normal):
            return normal + suffix
        row = row or rows.get(normal)
        if row is None and len(seen) > 1 and not LEARN.match(hop):
            return hop + suffix  # another part of this host: the editor's word counts
        if row is None:
            article = taken_down_at(normal)
            new_path = after_expiry(article)
            if not new_path:
                return copy_of(article) or namesake_of(normal)
        elif row.target is not None:
            return current_path(row.target)
        else:
            new_path = row.new_path
        if not new_path:
            raise GoneError
        if not leads_here(new_path):
            return _of_another_host(new_path)
        hop = SUFFIX.sub("", new_path)
        suffix = new_path[len(hop) :]
    return None


def _of_another_host(new_path: str) -> str | None:
    """The address, where a browser can be sent to it. A destination from before may leave the scheme out."""
    whole = f"https:{new_path}" if new_path.startswith("//") else new_path
    return new_path if is_web_address(whole) else None


def after_expiry(article: Article | None) -> str:
    """Where an article that has expired leads to: a path of ours, or an address of a host in REDIRECT_HOSTS."""
    if article is None or not article.is_expired:
        return ""
    address = article.expires_to
    is_allowed = is_web_address(address) and urlsplit(address).hostname in settings.REDIRECT_HOSTS
    return address if leads_here(address) or is_allowed else ""


# What browsers, search engines and our own machines ask for at fixed addresses: https://www.rfc-editor.org/rfc/rfc8615
RESERVED = re.compile(
    r"/(?:static|og|\.[^/]*)(?:/|\Z)|/(?:healthz|readyz|favicon\.ico|site\.webmanifest)\Z"
    r"|/(?:sitemap[^/]*\.xml|[^/]*\.txt)\Z|/learn/search(?:/|\Z)|/learn(?:/[^/]+)?/feed\.atom\Z|/learn\Z|/\Z"
    r"|/learn/(?:[^/]+/)?topics(?:[/.]|\Z)"
)


def is_reserved(path: str) -> bool:
    """Whether `path` is the site's own and never an article's: no redirect may take it. However it is written."""
    decoded = path
    for _ in range(3):
        decoded = unquote(decoded)
    plain = normpath(normalised(decoded.replace("\\", "/")))
    admin = settings.ADMIN_PATH.rstrip("/")
    texts = (path, normalised(path), plain)
    return any(RESERVED.match(text) or f"{text}/".startswith(f"{admin}/") for text in texts)


def leads_here(new_path: str) -> bool:
    """Whether a destination is a path of this site; browsers take "//host" and "/\\host" for another one."""
    return (
        new_path.startswith("/")
        and not re.match(r"/[\s\\]*[/\\]", new_path)
        and not re.search(r"[\x00-\x20\x7f\\]", new_path)
    )


def current_path(article: Article) -> str:
    """Where `article` can be read: its own page or its published copy's. Raises GoneError where neither is."""
    for page in (article, article.canonical):
        if page is not None and page.is_published:
            return page.get_absolute_url()
    raise GoneError


def has_page(path: str) -> bool:
    """Whether `path` answers 200: decided from its URL pattern and at most one query, not by its view."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    if match.app_name != "learn":
        return False
    places = dict(match.kwargs)
    subject_slug, slug = places.pop("subject_slug", None), places.pop("slug", None)
    topic_slug = places.pop("topic_slug", None)
    if places:
        return False  # a pattern that names something else: only its view knows
    if slug is not None:
        return Article.objects.published().filter(subject__slug=subject_slug, slug=slug).exists()
    if topic_slug is not None and subject_slug is not None:
        return TopicCount.objects.filter(subject__slug=subject_slug, slug=topic_slug, is_shown=True).exists()
    if topic_slug is not None:
        return Topic.objects.filter(slug=topic_slug, has_page=True).exists()
    return subject_slug is None or Subject.objects.filter(slug=subject_slug).exists()


def taken_down_at(path: str) -> Article | None:
    """The article at `path` that visitors saw and do not see any more; None where there is none."""
    try:
        places = resolve(path).kwargs
    except Resolver404:
        return None
    if "slug" not in places:
        return None
    article = (
        Article.objects.filter(subject__slug=places.get("subject_slug"), slug=places["slug"])
        .select_related("subject", "canonical__subject")
        .first()
    )
    return article if article and article.was_taken_down else None


def copy_of(article: Article | None) -> str | None:
    """The path of the published copy of an article that was taken down; None where there is none."""
    if article is None or article.canonical is None or not article.canonical.is_published:
        return None
    return article.canonical.get_absolute_url()


def namesake_of(path: str) -> str | None:
    """The path of the one published question with the slug of `path` under another subject; None where there is none.

    A question that was filed under another subject is found again. Copies of one article count as one question; where
    an article stands at `path`, published or not, its own address says everything. Two queries, of the slug's index.
    """
    try:
        places = resolve(path).kwargs
    except Resolver404:
        return None
    if "slug" not in places or len(places) != 2:
        return None
    namesakes = Article.objects.filter(slug=places["slug"])
    if namesakes.filter(subject__slug=places["subject_slug"]).exists():
        return None
    found = list(
        namesakes.published()
        .select_related("subject", "canonical__subject")
        .only(
            "slug", "status", "publish_at", "expires", "subject__slug", "canonical__slug", "canonical__status",
            "canonical__publish_at", "canonical__expires", "canonical__subject__slug",
        )[:MAX_NAMESAKES]
    )  # fmt: skip
    originals = {article.canonical_id or article.pk for article in found}
    if len(originals) != 1:
        return None
    article = found[0].canonical or found[0]
    return (article if article.is_published else found[0]).get_absolute_url()


def is_plausible(path: str) -> bool:
    """Whether `path` can be looked up: no longer than any of ours, without NUL, which PostgreSQL refuses."""
    return len(path) <= URL_MAX_LENGTH and "\0" not in path
