"""Links in answers whose page moved: one set lets all of them, or those to some addresses, lead there at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from learn.editing import answer_links
from learn.models import AnswerLink, Article, ChangeItem, ChangeSet
from learn.words.links import with_addresses

from . import making, writing
from .kinds import GONE, Kind, State, describe

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def mend(user: User) -> ChangeSet:
    """The set that lets every link in a published answer, whose page stands at another address now, lead there."""
    moved = {
        path: lead.to for path, lead in answer_links.astray().items() if lead.state == answer_links.MOVED
    }
    links = AnswerLink.objects.filter(article__status=Article.Status.PUBLISHED).order_by("article")
    keys = [pk for pk, path in links.values_list("article_id", "path").iterator() if path in moved]
    options = {"into": writing.into_for(user)}
    name = "Mend links in answers"
    return making.create(ChangeSet.Kind.ANSWER_LINKS, name, user, making.of_articles(keys), options=options)


class AnswerLinks(Kind):
    """Where each link leads is asked when the set is looked at; what is confirmed is what is written."""

    key = ChangeSet.Kind.ANSWER_LINKS
    verb = "Mend the links in"
    done = "Mended"
    runs_alone = False

    def may(self, user: Any, change_set: ChangeSet) -> bool:
        return writing.may_write(user, change_set.options.get("into"))

    def check(self, change_set: ChangeSet, items: Sequence[ChangeItem]) -> None:
        found = describe(items)
        answers = dict(Article.objects.filter(pk__in=found).values_list("pk", "answer"))
        moves = _moves(answers)
        for item in items:
            if item.article_key not in answers:
                item.state, item.reason = State.REFUSED, GONE
                continue
            before = answers[item.article_key]
            after = with_addresses(before, moves)
            item.before, item.after, item.state = {"answer": before}, {"answer": after}, State.READY
            if before == after:
                item.state, item.before, item.after = State.UNCHANGED, {}, {}

    def apply(self, change_set: ChangeSet, items: Sequence[ChangeItem], user: User) -> None:
        found = writing.locked(items)
        for item in items:
            article = found.get(item.article_key or 0)
            if article is None:
                item.state, item.reason = State.REFUSED, GONE
                continue
            if article.version != item.version or article.answer != item.before["answer"]:
                changed = "Somebody changed it after it was looked at. Look again."
                item.state, item.reason = State.REFUSED, changed
                continue
            writing.write(change_set, item, article, "answer", item.after["answer"], user)

    def put_back_draft(self, change_set: ChangeSet, item: ChangeItem, article: Article, user: User) -> bool:
        return writing.take_back(article, item.before, item.after, user)


def _moves(answers: dict[int, str]) -> dict[str, str]:
    """Where the pages that these answers link to stand now, by their former paths."""
    links = AnswerLink.objects.filter(article__in=answers)
    leads = answer_links.leads(links.values_list("path", flat=True))
    return {path: lead.to for path, lead in leads.items() if lead.state == answer_links.MOVED}
