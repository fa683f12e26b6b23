"""A new article out of one that is there: the page that copies it, or splits a part of its answer off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from learn.editing import splitting
from learn.files.limits import TITLE_MAX_LENGTH
from learn.identity import digest
from learn.models import Article

from .login import editor


class SplitForm(forms.Form):
    question = forms.CharField(
        label="What the new article asks", max_length=TITLE_MAX_LENGTH,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "spellcheck": "true"}),
    )  # fmt: skip
    part = forms.TypedMultipleChoiceField(
        label="The parts that go into it", coerce=int, widget=forms.CheckboxSelectMultiple
    )
    # A part is known by its number: another answer than the one that was looked at has others.
    answer = forms.CharField(widget=forms.HiddenInput, strip=False)

    def __init__(self, data: Any, *, answer: str) -> None:
        super().__init__(data, initial={"answer": digest(answer)})
        parts: Any = self.fields["part"]
        parts.choices = list(enumerate(splitting.parts_of(answer)))
        self.now = answer

    def clean_answer(self) -> str:
        seen = str(self.cleaned_data["answer"])
        if seen != digest(self.now):
            raise forms.ValidationError("The answer was changed meanwhile. Choose the parts again.")
        return seen


@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, pk: int, modeladmin: Any) -> HttpResponse:
    """Offer both; POST makes the new article, as a draft, and opens it."""
    if not (modeladmin.has_change_permission(request) and modeladmin.has_add_permission(request)):
        raise PermissionDenied
    article = get_object_or_404(Article.objects.select_related("subject"), pk=pk)
    answer = splitting.current_values(article)["answer"]
    is_copy = "_copy" in request.POST
    form = SplitForm(request.POST if request.method == "POST" and not is_copy else None, answer=answer)
    if is_copy or form.is_valid():
        try:
            if is_copy:
                new = splitting.copy(article, editor(request))
            else:
                values = form.cleaned_data
                new = splitting.split_off(article, values["part"], values["question"], editor(request))
        except splitting.SplitError as error:
            modeladmin.message_user(request, str(error), messages.ERROR)
        else:
            modeladmin.log_addition(request, new, [{"added": {}}])
            told = "A new draft, which leads to the other article. That one's draft leads here: publish both."
            modeladmin.message_user(request, told, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:learn_article_change", args=[new.pk]))
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Copy it, or split a part off",
        "subtitle": article.question,
        "opts": modeladmin.opts,
        "article": article,
        "form": form,
        "parts": form.fields["part"].choices,  # type: ignore[attr-defined]
        "chosen": form["part"].value() or [],
    }
    return TemplateResponse(request, "admin/learn/article/split.html", context)
