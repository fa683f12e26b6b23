"""Pagination: Django's paginator with a stored count and elided page numbers around the tens as well."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator

from learn.models.querysets import ArticleQuerySet

PAGE_SIZE = 24  # questions on a page of a list
TOPICS_ON_A_PAGE = 120
ON_A_SHEET = 12  # questions with their answers, to practise
FEW = 200  # pages; the largest subject has 186
GAP = None


def page_numbers(current: int, last: int) -> list[int | None]:
    """The numbers to link from page `current` of `last`, in order, with None where some are left out.

    Every page of up to 200 is two clicks from every other, so that no article is further than four from the library:
    each links the tens, and the tens and ends link five on either side. Longer lists link the hundreds and the tens
    around, one click more.
    """
    reach = 5 if current % 10 == 0 or current in (1, last) else 1
    numbers = {1, last, *range(current - reach, current + reach + 1)}
    if last <= FEW:
        numbers.update(range(10, last, 10))
    else:
        numbers.update(range(100, last, 100))
        tens = current - current % 10
        numbers.update(range(tens - 100, tens + 101, 10))
    shown: list[int | None] = []
    for number in sorted(number for number in numbers if 1 <= number <= last):
        before = shown[-1] if shown else number - 1
        if before is not None and number == before + 2:
            shown.append(number - 1)  # a gap of one is no shorter than the number
        elif before is not None and number > before + 2:
            shown.append(GAP)
        shown.append(number)
    return shown


class TwoEndedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Pages of an ordered queryset whose `count` is known; a page is looked for from the end that is nearer.

    The first and the last page cost the same in a list of any length; what lies between is passed by in the index that
    holds the order, before a row is looked at.
    """

    def __init__(self, articles: ArticleQuerySet, per_page: int, count: int) -> None:
        super().__init__(articles, per_page)
        self.count = count  # in place of Django's, which counts

    def page(self, number: Any) -> Page[Any]:
        """One query, once its rows are read. Raises EmptyPage where there is no such page."""
        number = self.validate_number(number)
        articles: ArticleQuerySet = self.object_list  # type: ignore[assignment]
        start = (number - 1) * self.per_page
        end = min(start + self.per_page, self.count)
        if start <= self.count - end:
            keys = articles.values("pk")[start:end]
        else:
            keys = articles.reverse().values("pk")[self.count - end : self.count - start]
        rows = articles.model.objects.for_listing().filter(pk__in=keys).order_by(*articles.query.order_by)
        return Page(rows, number, self)
