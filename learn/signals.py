"""Signals that models and services send, so that they need not import their receivers."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `pks`, the primary keys of articles, inside the transaction that changes them: before the change where an
# article leaves its address, and after it. learn.purging listens.
pages_changed = Signal()

# Sent with `changes` (learn.topics.placing.Changes), inside the transaction that changes topics. learn.purging listens.
topics_changed = Signal()
