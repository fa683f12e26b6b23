"""Signals that models and services send, so that they need not import their receivers."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `pks`, the primary keys of articles, inside the transaction that changes them: before the change where an
# article leaves its address, and after it. learn.purging listens.
pages_changed = Signal()

# Sent with `changes` (learn.topics.placing.Changes), inside the transaction that changes topics. learn.purging listens.
topics_changed = Signal()

# Sent with `review` (learn.models.Review), inside the transaction, when one is asked for, and when it is approved, sent
# back, or what it was about is published (it is open no longer). Who sends mails listens.
review_asked = Signal()
review_decided = Signal()
