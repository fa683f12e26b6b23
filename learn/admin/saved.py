"""What is told of an article that was saved: whether visitors see it, and where."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html

from learn.models import Article

from . import working_copies
from .markup import moment_text


def tell(modeladmin: Any, request: HttpRequest, obj: Article) -> None:
    """Tell what happened: whether anything was saved, whether visitors see it, where the page is now."""
    if kept := getattr(request, "kept_copy", None):
        text = "The draft is saved. Visitors see the page as it was, until a publisher publishes the draft."
        level = messages.SUCCESS
        if request.POST.keys() & working_copies.SCHEDULES and not (
            text := working_copies.schedule(request, kept)
        ):
            text, level = (
                f"The draft is saved, but not scheduled. {working_copies.why_unscheduled(request)}",
                messages.ERROR,
            )
        modeladmin.message_user(request, text, level)
        return
    if not getattr(request, "is_saved", False):
        modeladmin.message_user(request, "Nothing was changed, so nothing was saved.", messages.INFO)
        return
    path = obj.get_absolute_url()
    if obj.is_published:
        text = format_html('Saved. Visitors see it at <a href="{}">{}</a>.', path, path)
    elif obj.is_scheduled:
        text = format_html("Saved. It appears on {} at {}.", moment_text(obj.publish_at), path)
    else:
        text = format_html("Saved as {}. Visitors do not see it.", obj.get_status_display().lower())
    modeladmin.message_user(request, text, messages.SUCCESS)
