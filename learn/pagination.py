"""Which pages of a long list a page of it links to."""

from __future__ import annotations

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
