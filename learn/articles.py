"""What happens when one article is saved or removed: everything that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from django.utils import timezone

from . import documents, flaws, history, links, purging, rendering
from .models import Article, Redirect, Subject, article_path, digest

EXCERPT_LENGTH = 220  # characters: two or three lines of a list on a phone
# What a reader sees on the page. A change of one of these is a change of content: it moves `modified_at`, which
# sitemaps, feeds and structured data show. Everything else (status, links, a new render version) moves nothing.
VISIBLE_FIELDS = (
    "question",
    "title",
    "description",
    "keywords",
    "author",
    "answer",
    "date",
    "subject_id",
    "slug",
)
DERIVED_FIELDS = (
    "answer_html", "answer_text", "excerpt", "headings", "word_count", "has_math", "has_code",
    "render_problems", "render_version", "content_key", "flaws",
)  # fmt: skip


def content_key(question: str, answer: str) -> str:
    """Equal for articles that ask and answer the same: such articles share one canonical URL."""
    return digest(" ".join(question.split()).casefold(), answer.strip())


def derived_fields(question: str, answer: str) -> dict[str, Any]:
    """Render `answer` and return every column that follows from question and answer (`DERIVED_FIELDS`).

    Pure and picklable, so that the import calls it in worker processes.
    """
    rendered = rendering.render(answer)
    return {
        "answer_html": rendered.html,
        "answer_text": rendered.text,
        "excerpt": excerpt(rendered.text),
        "headings": [[heading.level, heading.id, heading.text] for heading in rendered.headings],
        "word_count": len(rendered.text.split()),
        "has_math": rendered.has_math,
        "has_code": rendered.has_code,
        "render_problems": [[problem.code, problem.message] for problem in rendered.problems],
        "render_version": rendering.RENDER_VERSION,
        "content_key": content_key(question, answer),
        "flaws": flaws.bits(flaws.examine(answer, rendered)),
    }


def excerpt(text: str) -> str:
    """The beginning of `text` on one line, cut between words, at most EXCERPT_LENGTH characters."""
    line = " ".join(text[: EXCERPT_LENGTH * 4].split())
    if len(line) <= EXCERPT_LENGTH:
        return line
    return line[: EXCERPT_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:.–—-") + "…"


def save(article: Article, write: Callable[[], None], kwargs: dict[str, Any]) -> None:
    """Write `article` by calling `write`, and everything that follows from the change.

    Renders the answer where it changed, bumps the version, leaves a redirect where the URL changed, chooses the
    canonical article among duplicates, and connects the related links that waited for this URL. `kwargs` are
    those of `Model.save`; `update_fields` is widened by the columns set here.
    """
    fill_blanks(article)
    before = Article.objects.filter(pk=article.pk).select_related("subject").first() if article.pk else None
    touched = {"version", "updated_at"}
    if (
        content_key(article.question, article.answer) != article.content_key
        or article.render_version != rendering.RENDER_VERSION
    ):
        for name, value in derived_fields(article.question, article.answer).items():
            setattr(article, name, value)
        touched.update(DERIVED_FIELDS)
    if before is not None:
        article.version = before.version + 1
        if any(getattr(article, name) != getattr(before, name) for name in VISIBLE_FIELDS):
            # Strictly later than before, whatever the clock does: conditional requests compare it.
            article.modified_at = max(timezone.now(), before.modified_at + timedelta(seconds=1))
            touched.add("modified_at")
    if kwargs.get("update_fields") is not None:
        kwargs["update_fields"] = {*kwargs["update_fields"], *touched}

    with transaction.atomic():
        if before is not None:
            history.keep_baselines([before.pk])
            purging.purge_articles([before.pk])  # where it stood; below, where it stands
        write()
        if article.source_id is None:  # made on the site: its file will need an id
            article.source_id = article.pk
            Article.objects.filter(pk=article.pk).update(source_id=article.pk)
        path = article.get_absolute_url()
        if before is None or before.get_absolute_url() != path:
            Redirect.objects.filter(old_path=path).delete()  # a live page is never hidden by a redirect
            if before is not None:
                links.leave_redirects({before.get_absolute_url(): article})
            links.resolve()
        keys = {article.content_key} | ({before.content_key} if before else set())
        links.choose_canonicals(keys)
        finish(article)
        purging.purge_articles([article.pk])
        article.refresh_from_db(fields=["canonical", "is_indexable"])


def finish(article: Article) -> None:
    """Set what follows from an article and its related links together; call it after either was written.

    That is `link_flaws`, what is wrong with the links, and `edited_at` (see `note_edits`). Two queries, up to two
    more where something changed; nothing that a visitor sees moves.
    """
    urls = [link.url for link in article.related_links.all()]
    link_flaws = flaws.link_bits(article.get_absolute_url(), urls)
    if link_flaws != article.link_flaws:
        article.link_flaws = link_flaws
        Article.objects.filter(pk=article.pk).update(link_flaws=link_flaws)
    note_edits([article])


def note_edits(articles: Iterable[Article]) -> None:
    """Set `edited_at`: since when an imported article says something else than its file, None where it does not.

    Reads subject and `related_links` of each, so prefetch them for many; writes only where it changed.
    """
    now = timezone.now()
    edited, as_imported = [], []
    for article in articles:
        is_edited = bool(article.imported_key) and documents.import_key_of(article) != article.imported_key
        if is_edited and article.edited_at is None:
            article.edited_at = now
            edited.append(article.pk)
        elif not is_edited and article.edited_at is not None:
            article.edited_at = None
            as_imported.append(article.pk)
    for pks, moment in ((edited, now), (as_imported, None)):
        if pks:
            Article.objects.filter(pk__in=pks).update(edited_at=moment)


def follow_subject(article: Article, old: Subject, new: Subject) -> None:
    """Let the file's name of the subject and its title for search engines follow a move, where they named `old`."""
    if article.subject_label == old.title:
        article.subject_label = new.title
    if article.seo_title == seo_title(old):
        article.seo_title = seo_title(new)


def seo_title(subject: Subject) -> str:
    """The `seo.title` that every file of a subject has."""
    return f"QuickTakes | {subject.title}"


def fill_blanks(article: Article) -> None:
    """Give an article that an editor begins with a question and an answer the fields that every file has."""
    subject = article.subject
    article.title = article.title or article.question
    article.article_title = article.article_title or article.question
    article.seo_title = article.seo_title or seo_title(subject)
    article.subject_label = article.subject_label or subject.title
    article.file_name = article.file_name or f"{article.slug}.md"


@receiver(pre_delete, sender=Article)
def keep_last_words(instance: Article, **_kwargs: Any) -> None:
    """A deleted article can be brought back from the history; caches learn what showed it while it is there."""
    history.keep_baselines([instance.pk])
    history.record([instance], kind="-")
    purging.purge_articles([instance.pk])


@receiver(post_delete, sender=Article)
def leave_gone(instance: Article, **_kwargs: Any) -> None:
    """A deleted article answers 410 Gone, so that search engines drop it at once."""
    Redirect.objects.get_or_create(
        old_path=article_path(instance.subject.slug, instance.slug), defaults={"is_automatic": True}
    )
