"""Prints what a site holds, as JSON: what to ask it for, and a session of an editor who may do everything.

python -m bench.facts
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quicktakes.settings")

SAMPLE = 2_000  # articles


def facts() -> dict[str, object]:
    """SAMPLE articles by chance, some questions, each subject with its last page, the sitemaps, a session's key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415
    from django.db.models import Max  # noqa: PLC0415

    from learn.db import counts  # noqa: PLC0415
    from learn.models import Article, Subject  # noqa: PLC0415
    from learn.seo import sitemaps  # noqa: PLC0415
    from learn.views.pagination import PAGE_SIZE  # noqa: PLC0415

    rng = Random(1)  # noqa: S311 nothing here is secret
    last = Article.objects.aggregate(last=Max("pk"))["last"] or 0
    keys = rng.sample(range(1, last + 1), min(last, SAMPLE * 2))
    found = Article.objects.published().for_links().in_bulk(keys)
    articles = [found[key] for key in keys if key in found][:SAMPLE]
    user, _made = User.objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(secrets.token_hex(16))
    user.save()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {
        "articles": [article.get_absolute_url() for article in articles],
        "questions": [article.question for article in articles[:200]],
        "subjects": [
            [subject.slug, max(1, -(-subject.article_count // PAGE_SIZE))]
            for subject in counts.with_counts(Subject.objects.listed())
            if subject.article_count
        ],
        "sitemaps": [
            [sitemaps.file_path(section.slug, 1), min(section.size, sitemaps.MOST_URLS)]
            for section in sitemaps.sections()
            if section.size
        ],
        "count": Article.objects.count(),
        "session": session.session_key,
    }


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(facts()))
