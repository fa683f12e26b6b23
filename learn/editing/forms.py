"""The form of an article: forgiving while it is a draft, strict when it is to be published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify

from learn.files import limits
from learn.models import Article, validate_slug
from learn.models.revisions import REASON_MAX_LENGTH
from learn.redirects import elsewhere, resolve

from . import bulk, merge, related_links
from .edit_conflicts import OF_THE_FORM, EditConflict
from .moments import MomentField

# What a search result shows before it cuts: about 60 characters of a title, 155 of a description.
TITLE_GOOD = (20, 60)
DESCRIPTION_GOOD = (70, 155)
# Fields that say the question again: they follow it as long as they are equal to it, as in every file.
ECHOES = ("title", "article_title")
# Of the library, not of the admin, whose pages say "en-us"; browsers choose the dictionary of a field by it.
LANGUAGE = "en"
# Where a browser's spell check helps. It would mark names, slugs and addresses, which are right as they are.
PROSE = ("question", "answer", "description", "keywords", *ECHOES, "seo_title", "body", "note")
CONTROL_CHARACTERS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF])


class TextField(forms.CharField):
    """Text with newlines as we store them. A browser sends them as CR LF, and nothing at the ends is cut."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return (
            str(super().to_python(value))
            .replace("\r\n", "\n")
            .replace("\r", "\n")
            .translate(CONTROL_CHARACTERS)
        )


def _meter(good: tuple[int, int]) -> dict[str, str]:
    return {"data-meter-from": str(good[0]), "data-meter-to": str(good[1])}


def _set_spell_check(name: str, widget: forms.Widget) -> None:
    """Let browsers check the spelling of `widget` in the library's language, or leave alone what is no prose."""
    if name in PROSE:
        widget.attrs.update(lang=LANGUAGE, spellcheck="true")
    elif isinstance(widget, forms.Textarea) or getattr(widget, "input_type", "") in ("text", "url"):
        widget.attrs["spellcheck"] = "false"


def _without_buttons(widget: forms.Widget) -> None:
    """Leave out the admin's four buttons beside a choice: subjects are made in a place of their own."""
    for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
        setattr(widget, name, False)


class ArticleForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_copy = forms.CharField(widget=forms.HiddenInput, required=False)
    seen_values = forms.CharField(
        widget=forms.HiddenInput, required=False
    )  # JSON: what the working copy said, where the article says otherwise
    answer = TextField(
        required=False,
        max_length=limits.ANSWER_MAX_LENGTH,
        widget=AdminTextareaWidget(attrs={"rows": 24}),
        help_text="Markdown. Formulas as $x^2$ or $$…$$, code between ```.",
    )
    description = TextField(
        required=False,
        max_length=limits.DESCRIPTION_MAX_LENGTH,
        widget=AdminTextareaWidget(attrs={"rows": 3, **_meter(DESCRIPTION_GOOD)}),
        help_text="One or two sentences for search results.",
    )
    keywords = TextField(
        required=False,
        max_length=limits.KEYWORDS_MAX_LENGTH,
        widget=AdminTextareaWidget(attrs={"rows": 2}),
        help_text="Separated by commas.",
    )
    publish_at = MomentField(
        required=False, help_text="A page that is published before this moment waits for it."
    )
    expires = MomentField(
        required=False,
        help_text="From this moment on visitors do not see the page any more. Empty: it stays.",
    )
    expires_to = forms.CharField(
        required=False,
        max_length=limits.URL_MAX_LENGTH,
        label="Then lead to",
        widget=AdminTextInputWidget(attrs={"class": "vLargeTextField"}),
        help_text="The address to which visitors are led once the page has expired. Empty: it is gone (410).",
    )
    note = forms.CharField(
        required=False,
        max_length=REASON_MAX_LENGTH,
        label="Change note",
        widget=AdminTextInputWidget(attrs={"class": "vLargeTextField"}),
        help_text="Why, in a few words: for the history, and the message of the commit that brings it to the files.",
    )
    body = TextField(required=False, widget=AdminTextareaWidget(attrs={"rows": 2}))
    related = TextField(
        required=False,
        label="Related questions",
        widget=AdminTextareaWidget(attrs={"rows": 5}),
        help_text="One address per line, in the order in which the page shows them.",
    )

    class Meta:
        model = Article
        fields = (
            "question", "answer", "subject", "slug", "description", "keywords", "author", "date", "publish_at",
            "expires", "no_index", "is_preferred", "title", "article_title", "seo_title", "subject_label",
            "date_format",
            "post_on_text", "body",
        )  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "question": AdminTextInputWidget(attrs={"class": "vLargeTextField", **_meter(TITLE_GOOD)}),
            "date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts: ClassVar[dict[str, str]] = {
            "question": "The heading of the page and its title in search results.",
            "slug": "The last part of the address. Left empty, it is made from the question.",
            "title": "Follows the question while it is equal to it.",
            "article_title": "Follows the question while it is equal to it.",
            "seo_title": "Kept for the file; no page shows it.",
            "subject_label": "The name of the subject in the file; follows a move.",
            "body": "What follows the front matter in the file.",
        }

    # Set by the page that shows the form.
    conflict: EditConflict | None = None
    may_publish = False
    user: Any = None  # whose rights count where visitors are led to another site
    is_kept_apart = False  # it is saved as a working copy, which no visitor sees
    shown: Mapping[str, str] | None = None  # of a working copy, instead of what the article says

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, form_field in self.fields.items():
            form_field.show_hidden_initial = False  # what changed is asked of the article, not of the page
            _set_spell_check(name, form_field.widget)
        for name in ("slug", *ECHOES):
            if name in self.fields:
                self.fields[name].required = False
        if "subject" in self.fields and isinstance(self.fields["subject"], forms.ModelChoiceField):
            self.fields["subject"].empty_label = None if self.instance.pk else "Choose a subject"
            _without_buttons(self.fields["subject"].widget)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.version
            self.initial["expires_to"] = self.instance.expires_to
            self.initial["related"] = "\n".join(related_links.addresses(self.instance))
        if self.shown is not None and not self.is_bound:
            self.initial.update((name, value) for name, value in self.shown.items() if name in self.fields)

    @property
    def changed_fields(self) -> list[str]:
        """What the form changes of the article; a note alone changes nothing."""
        return [name for name in self.changed_data if name not in OF_THE_FORM]

    def clean_note(self) -> str:
        return " ".join(str(self.cleaned_data["note"]).split())

    @property
    def wants_publication(self) -> bool:
        return "_publish" in self.data

    @property
    def will_be_published(self) -> bool:
        if "_schedule" in self.data:
            return True
        if self.is_kept_apart or "_unpublish" in self.data:
            return False
        return self.wants_publication or (
            bool(self.instance.pk) and self.instance.status == Article.Status.PUBLISHED
        )

    def clean_question(self) -> str:
        return " ".join(str(self.cleaned_data["question"]).split())

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).strip() or slugify(self.cleaned_data.get("question", ""))
        slug = slug[: limits.SLUG_MAX_LENGTH].strip("-")
        validate_slug(slug)
        return slug

    def clean_publish_at(self) -> dt.datetime:
        """To the second, as the form shows it: a moment that nobody touched stays what it was."""
        moment: dt.datetime | None = self.cleaned_data["publish_at"]
        before: dt.datetime = self.instance.publish_at
        if moment is None or moment == before.replace(microsecond=0):
            return before
        if (
            moment > timezone.now()
            and self.will_be_published
            and self.instance.pk
            and self.instance.is_published
        ):
            raise ValidationError(
                "The page is live: with a moment ahead visitors would lose it until then. Let the draft go live at "
                "that moment instead, or unpublish the page first."
            )
        return moment

    def clean_expires(self) -> dt.datetime | None:
        moment: dt.datetime | None = self.cleaned_data["expires"]
        before: dt.datetime | None = self.instance.expires
        return before if moment and before and moment == before.replace(microsecond=0) else moment

    def clean_expires_to(self) -> str:
        """The path of a page of ours, or the address of another site; one that stood there before stays."""
        address = str(self.cleaned_data["expires_to"]).strip()
        if address in ("", self.initial.get("expires_to")):
            return address
        own = related_links.parse(address)
        if own and (article := related_links.look_up(own)[0].article):
            if not article.is_published or article.pk == self.instance.pk:
                raise ValidationError(
                    "Choose another article that is published: this leads visitors to nothing."
                )
            return article.get_absolute_url()
        if "://" in address:
            if refusal := elsewhere.refusal(address, self.user):
                raise ValidationError(refusal)
        elif not resolve.leads_here(address) or not resolve.has_page(resolve.SUFFIX.sub("", address)):
            raise ValidationError("No page stands at this address.")
        return address

    def clean_answer(self) -> str:
        answer = str(self.cleaned_data["answer"])
        if merge.has_marks(answer):
            raise ValidationError(
                f"Two versions of the answer are still beside each other, between “{merge.MINE}” and "
                f"“{merge.THEIRS}”. Keep one of them and remove these lines."
            )
        return answer

    def clean_related(self) -> str:
        """Addresses that lead nowhere are refused, unless they stood there before."""
        urls = related_links.parse(self.cleaned_data["related"])
        before = set(related_links.parse(self.initial.get("related", "")))
        new = [url for url in urls if url not in before]
        dead = [target.url for target in related_links.look_up(new) if target.article is None]
        if dead:
            raise ValidationError(
                [f"No article stands at {url}. Choose one from the suggestions." for url in dead]
            )
        if len(urls) > limits.RELATED_MAX_NUMBER:
            raise ValidationError(f"At most {limits.RELATED_MAX_NUMBER} related questions, please.")
        return "\n".join(urls)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        self._keep_what_only_looks_changed()
        self._follow_question()
        if self.conflict:
            self.add_error(None, self.conflict.message)
        self._check_address()
        if self.will_be_published and not self.errors:
            self._check_publication()
        return data

    def _post_clean(self) -> None:
        """Django's; what the file says beside the format goes with it."""
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        if "expires_to" in self.cleaned_data and "expires_to" in self.changed_data:
            extra = {key: value for key, value in (self.instance.extra or {}).items() if key != "expires_to"}
            address = self.cleaned_data["expires_to"]
            self.instance.extra = {**extra, "expires_to": address} if address else extra

    def _keep_what_only_looks_changed(self) -> None:
        """A form cannot hold some white space as the file had it; a field that nobody touched stays as it was."""
        for name, value in self.cleaned_data.items():
            before = self.initial.get(name)
            if isinstance(value, str) and isinstance(before, str) and value.split() == before.split():
                is_block = isinstance(self.fields[name], TextField)
                if not is_block or value.splitlines() == before.splitlines():
                    self.cleaned_data[name] = before

    def _follow_question(self) -> None:
        question = self.cleaned_data.get("question", "")
        before = self.initial.get("question", "")
        for name in ECHOES:
            if name in self.cleaned_data and self.cleaned_data[name] in ("", before):
                self.cleaned_data[name] = question

    def _check_address(self) -> None:
        subject, slug = self.cleaned_data.get("subject"), self.cleaned_data.get("slug")
        if not subject or not slug:
            return
        taken = Article.objects.filter(subject=subject, slug=slug).exclude(pk=self.instance.pk).first()
        if taken:
            self.add_error("slug", f"“{taken.question}” already stands at this address. Choose another slug.")

    def _check_publication(self) -> None:
        """A page must not be published without what it needs; one that is live must not lose its substance."""
        candidate = Article(
            **{
                name: self.cleaned_data.get(name, getattr(self.instance, name))
                for name in ("question", "slug", "answer", "description", "expires")
            }
        )
        wanted = bulk.missing_for_publication if self.wants_publication else bulk.missing_for_live_page
        missing = wanted(candidate)
        for name, advice in missing.items():
            self.add_error(name, advice)
