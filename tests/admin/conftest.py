"""Editors: Edna may write, Paul may publish, Root may do everything."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django.fixtures import Settings

PASSPHRASE = "correct horse battery staple"  # noqa: S105 of users that live for one test


def make_user(name: str, *groups: str, **values: object) -> User:
    user = User.objects.create_user(name, password=PASSPHRASE, is_staff=True, **values)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def editor(db: None) -> User:
    return make_user("edna", "Editor")


@pytest.fixture
def publisher(db: None) -> User:
    return make_user("paul", "Publisher")


@pytest.fixture
def as_editor(editor: User) -> Client:
    return logged_in(editor)


@pytest.fixture
def as_publisher(publisher: User) -> Client:
    return logged_in(publisher)


@pytest.fixture
def as_root(db: None) -> Client:
    return logged_in(make_user("root", is_superuser=True))


@pytest.fixture
def small_team(settings: Settings) -> None:
    """Whoever writes publishes, too: what Edna saves of a live page is live."""
    settings.EDITORS_MAY_PUBLISH = True
