"""What editors decide about topics: names, addresses, descriptions, what is hidden, pinned or one with another.

Decisions stand in rows of their own or in columns that nothing else writes: an import changes none of them.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from learn.db.state import lock_writes
from learn.models import Article, ArticleTopic, ArticleToPlace, Topic, TopicCount, TopicName, TopicSlug
from learn.signals import topics_changed

from .counting import Changes, count_stale
from .placing import place_articles
from .shown import path_of

AT_ONCE = (
    1_000  # articles that are placed while an editor waits, half a second; more are placed by the next run
)


def save(topic: Topic) -> None:
    """Save what an editor changed of `topic`; a former slug leads to the new one."""
    with transaction.atomic():
        lock_writes()
        former = Topic.objects.get(pk=topic.pk)
        changes = _changes(former)
        if former.slug != topic.slug:
            TopicSlug.objects.filter(slug=topic.slug).delete()
            TopicSlug.objects.update_or_create(slug=former.slug, defaults={"topic": topic})
        topic.is_stale = True
        topic.save(update_fields=["title", "slug", "description", "is_hidden", "is_pinned", "is_stale"])
        count_stale()
        topics_changed.send(sender=Topic, changes=changes)


def merge(topic: Topic, into: Topic) -> int:
    """Let all keywords of `topic` belong to `into`, and its addresses lead there; how many articles follow.

    Raises ValueError where the two are one.
    """
    if topic.pk == into.pk:
        raise ValueError("A topic cannot be merged into itself.")
    with transaction.atomic():
        lock_writes()
        changes = _changes(topic)
        articles = list(ArticleTopic.objects.filter(topic=topic).values_list("article_id", flat=True))
        TopicName.objects.filter(name=into.name).delete()  # what was merged the other way round
        TopicName.objects.filter(means=topic.name).update(means=into.name)
        TopicName.objects.update_or_create(name=topic.name, defaults={"means": into.name})
        TopicSlug.objects.filter(topic=topic).update(topic=into)
        for slug in {topic.slug, topic.name.replace(" ", "-")}:
            TopicSlug.objects.update_or_create(slug=slug, defaults={"topic": into})
        # Nothing is decided about it any more: without its articles the row goes.
        Topic.objects.filter(pk=topic.pk).update(
            title="", description="", is_hidden=False, is_pinned=False, is_stale=True,
            slug=topic.name.replace(" ", "-"),
        )  # fmt: skip
        ArticleToPlace.objects.note(articles)
        topics_changed.send(sender=Topic, changes=changes)
        if len(articles) <= AT_ONCE:
            place_articles(articles)
    return len(articles)


def save_name(synonym: TopicName) -> None:
    """Save a synonym, and place the articles that have its keyword."""
    with transaction.atomic():
        former = TopicName.objects.filter(pk=synonym.pk).values_list("name", "means").first() or ()
        synonym.save()
        _place_named({synonym.name, synonym.means, *former})


def delete_name(synonym: TopicName) -> None:
    """Delete a synonym: its keyword is a topic of its own again."""
    with transaction.atomic():
        names = {synonym.name, synonym.means}
        slug = synonym.name.replace(" ", "-")
        synonym.delete()
        TopicSlug.objects.filter(slug=slug, topic__name=synonym.means).delete()
        _place_named(names)


def _place_named(names: Collection[str]) -> None:
    articles = list(
        ArticleTopic.objects.filter(topic__name__in=names).values_list("article_id", flat=True).distinct()
    )
    ArticleToPlace.objects.note(articles)
    if len(articles) <= AT_ONCE:
        place_articles(articles)


def _changes(topic: Topic) -> Changes:
    """All that shows `topic` as it is."""
    counts = TopicCount.objects.filter(topic=topic).select_related("subject")
    subjects = {count.subject_id: count.subject.slug for count in counts}
    paths = {path_of(topic.slug, slug) for slug in subjects.values()} | {path_of(topic.slug)}
    articles = Article.objects.filter(topics__topic=topic).values_list("subject__slug", "slug")
    paths |= {f"/learn/{subject_slug}/questions/{slug}" for subject_slug, slug in articles}
    return Changes(
        listed={topic.pk}, labelled={topic.pk}, subjects=set(subjects),
        paths=paths | {f"{path}.md" for path in paths},
    )  # fmt: skip
