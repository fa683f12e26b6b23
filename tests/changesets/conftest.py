from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from learn.changesets import making, running
from learn.models import ChangeSet


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create(username="paul", is_superuser=True)


def look_at(change_set: ChangeSet) -> ChangeSet:
    """The set as a preview."""
    while change_set.state == ChangeSet.State.CHECKING:
        running.check_some(change_set.pk)
        change_set.refresh_from_db()
    return change_set


def run(change_set: ChangeSet, size: int = 2) -> ChangeSet:
    """The set as it is when it was confirmed and ran to its end."""
    look_at(change_set)
    assert making.confirm(change_set, change_set.ready)
    while running.step(size):
        pass
    change_set.refresh_from_db()
    return change_set
