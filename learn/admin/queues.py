"""From one article of a filtered list to the next: the filter stays in the address of the form."""

from __future__ import annotations

from copy import copy
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from .lists import COUNT_LIMIT

FILTERS = "_changelist_filters"  # Django's name, in the address of a form that was opened from a list


def filters_of(request: HttpRequest, modeladmin: Any) -> str:
    """The filters of the list that the form was opened from; empty where there are none."""
    kept: str = modeladmin.get_preserved_filters(request)
    return parse_qs(kept).get(FILTERS, [""])[0]


def after(request: HttpRequest, modeladmin: Any, pk: int) -> int | None:
    """The key of the article that follows `pk` in the list that the form was opened from; of the first, without `pk`.

    Ask before the article is saved: by that it moves in the list, or leaves it. None where none is left.
    """
    asked = copy(request)
    listed = QueryDict(filters_of(request, modeladmin), mutable=True)
    listed.pop("p", None)  # the page
    asked.GET, asked.method = listed, "GET"  # type: ignore[assignment]
    try:
        changelist = modeladmin.get_changelist_instance(asked)
    except IncorrectLookupParameters:
        return None
    keys = list(changelist.queryset.values_list("pk", flat=True)[:COUNT_LIMIT])
    place = keys.index(pk) + 1 if pk in keys else 0
    return keys[place] if place < len(keys) else None


def address(request: HttpRequest, modeladmin: Any, pk: int) -> str:
    """The form of this article, opened from the same list."""
    filters = filters_of(request, modeladmin)
    there = reverse("admin:learn_article_change", args=[pk])
    return f"{there}?{urlencode({FILTERS: filters})}" if filters else there
