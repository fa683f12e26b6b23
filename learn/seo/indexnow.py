"""Tells search engines that take part in IndexNow (Bing, Yandex, Naver, Seznam …) which addresses changed.

https://www.indexnow.org/documentation. One POST of a list of addresses: no library is needed for it.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from urllib.parse import urlsplit

from django.conf import settings

from learn.db.rows import batched
from learn.http import RequestError, send
from learn.models import Article, Redirect

from . import absolute

MOST_URLS = 10_000  # in one request, by the protocol
TIMEOUT = 30  # seconds
PAUSES = (2, 10, 60)  # seconds before each further attempt


def changed_since(moment: dt.datetime) -> Iterator[str]:
    """The addresses whose content changed after `moment`: indexable articles, and what was moved or removed."""
    articles = Article.objects.indexable().filter(
        modified_at__gt=moment
    ) | Article.objects.indexable().filter(publish_at__gt=moment)
    former = Redirect.objects.filter(created_at__gt=moment, old_path__startswith="/learn/").values_list(
        "old_path", flat=True
    )
    rows = articles.select_related("subject").only("subject__slug", "slug").order_by("pk")
    here = (article.get_absolute_url() for article in rows.iterator(chunk_size=2_000))
    return (absolute(path) for path in chain(here, former.order_by("pk").iterator(chunk_size=2_000)))


def submit(urls: Iterator[str]) -> int:
    """Send `urls`, 10,000 in a request; return how many were taken.

    A request that a search engine may take later is repeated a few times. Raises RequestError where it is refused.
    """
    sent = 0
    for batch in batched(urls, MOST_URLS):
        _send(batch)
        sent += len(batch)
    return sent


def _send(urls: Sequence[str]) -> None:
    order = {
        "host": urlsplit(settings.SITE_URL).netloc,
        "key": settings.INDEXNOW_KEY,
        "keyLocation": absolute(f"/{settings.INDEXNOW_KEY}.txt"),
        "urlList": urls,
    }
    headers = {"Content-Type": "application/json; charset=utf-8"}
    for pause in (*PAUSES, None):
        try:
            send("POST", settings.INDEXNOW_URL, headers, json.dumps(order).encode(), timeout=TIMEOUT)
        except RequestError as error:
            if pause is None or not error.is_temporary:
                raise
            time.sleep(pause)
        else:
            return
