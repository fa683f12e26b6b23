from __future__ import annotations

import pytest

from learn.views.pagination import page_numbers


def test_a_short_list_links_all_its_pages() -> None:
    assert page_numbers(1, 1) == [1]
    assert page_numbers(3, 9) == [1, 2, 3, 4, None, 9]
    assert page_numbers(1, 7) == [1, 2, 3, 4, 5, 6, 7]


def test_a_gap_of_one_page_is_that_page() -> None:
    assert page_numbers(4, 6) == [1, 2, 3, 4, 5, 6]


def test_a_long_list_links_the_tens() -> None:
    assert page_numbers(12, 38) == [1, None, 10, 11, 12, 13, None, 20, None, 30, None, 38]


@pytest.mark.parametrize("last", [1, 2, 9, 10, 11, 38, 99, 186, 200])
def test_every_page_is_two_clicks_from_the_first(last: int) -> None:
    once = {number for number in page_numbers(1, last) if number}
    twice = {number for page in once for number in page_numbers(page, last) if number}
    assert once | twice == set(range(1, last + 1))


@pytest.mark.parametrize("last", [201, 999, 5184])
def test_longer_lists_stay_three_clicks_deep_and_their_links_few(last: int) -> None:
    reached = {1}
    for _click in range(3):
        reached |= {number for page in reached for number in page_numbers(page, last) if number}
    assert reached == set(range(1, last + 1))
    assert max(len(page_numbers(page, last)) for page in range(1, last + 1)) < 160


@pytest.mark.parametrize(("current", "last"), [(1, 186), (100, 186), (37, 186), (186, 186), (5184, 5184)])
def test_numbers_ascend_and_hold_the_page_and_both_ends(current: int, last: int) -> None:
    numbers = [number for number in page_numbers(current, last) if number]
    assert numbers == sorted(set(numbers))
    assert {1, current, last} <= set(numbers)
    assert 1 <= numbers[0] <= numbers[-1] <= last
