"""Articles that were deleted before. In a module that can be imported by name, so that migrations can be squashed."""


def note_deletions(apps, _schema_editor):
    """What was deleted before: its last revision says so."""
    article, revision, subject, deleted = (
        apps.get_model("learn", name) for name in ("Article", "Revision", "Subject", "DeletedArticle")
    )
    slugs = dict(subject.objects.values_list("pk", "slug"))
    rows = revision.objects.filter(history_type="-").exclude(id__in=article.objects.values("id"))
    last = {row.id: row for row in rows.order_by("history_id").iterator(500)}
    deleted.objects.bulk_create(
        [
            deleted(
                article_key=key,
                url=f"/learn/{slugs.get(row.subject_id, '-')}/questions/{row.slug}",
                question=row.question,
                deleted_at=row.history_date,
                deleted_by_id=row.history_user_id,
            )
            for key, row in last.items()
        ],
        batch_size=500,
    )


def drop_conflicts_of_deleted(apps, _schema_editor):
    """Every conflict has an article, going back."""
    apps.get_model("learn", "ImportConflict").objects.filter(article=None).delete()
