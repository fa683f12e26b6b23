"""All kinds of change sets, by their key."""

from __future__ import annotations

from . import bulk_kinds, subjects
from .answer_links import AnswerLinks
from .dead_links import DeadLinks
from .deleting import BringBack
from .imports import Import
from .kinds import Kind
from .merging import Merge
from .redirects import Redirects
from .replacing import Replace
from .reverting import Revert

KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        *bulk_kinds.ALL,
        *subjects.ALL,
        Replace(),
        Merge(),
        DeadLinks(),
        AnswerLinks(),
        Redirects(),
        Import(),
        BringBack(),
    )
}
KINDS[Revert.key] = Revert(KINDS)
