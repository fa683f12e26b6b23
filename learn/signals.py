"""The signals by which models and services tell what they did, so that they need not know who wants to hear of it."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `pks`, the primary keys of articles, inside the transaction that changes them: before the change where an
# article leaves its address, and after it. learn.purging listens.
pages_changed = Signal()
