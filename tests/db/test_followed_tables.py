"""Every table that pages show renews the state, or says why it need not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import models

from tests.db.schemas import NOT_SHOWN, models_of, triggers

pytestmark = pytest.mark.django_db


# --- Guards -----------------------------------------------------------------------------------------------------------


def followed() -> set[str]:
    """The tables whose every change renews the state."""
    events = ("insert", "update", "delete")
    on = triggers()
    return {table for _name, table in on if all((f"{table}_state_{event}", table) in on for event in events)}


def unfollowed(of: Iterable[type[models.Model]]) -> set[str]:
    return {model._meta.db_table for model in of} - followed() - NOT_SHOWN.keys()


def test_every_table_that_pages_show_renews_the_state() -> None:
    of = models_of(present_apps)
    assert unfollowed(of) == set(), "call triggers.FollowState in a migration, or say in NOT_SHOWN why not"
    assert NOT_SHOWN.keys() <= {model._meta.db_table for model in of}
    assert followed() & NOT_SHOWN.keys() == set()


def test_a_new_table_is_missed_until_it_is_followed() -> None:
    class Glossary(models.Model):  # noqa: DJ008 nobody prints it
        class Meta:
            app_label = "learn"
            apps = Apps()

    assert unfollowed([*models_of(present_apps), Glossary]) == {"learn_glossary"}
