"""Connections to PostgreSQL: how long the first question may wait for its answer."""

from __future__ import annotations

import pytest
from django.db import connection

from learn.db import budgets
from learn.db.backends.postgresql.pool import Pool

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's connections"),
]


@pytest.mark.parametrize("budget", [budgets.READERS, budgets.SEARCH, budgets.EDITORS])
def test_what_asks_nothing_leaves_the_first_question_its_short_patience(budget: budgets.Budget) -> None:
    assert budget.answer
    pool = Pool(budget, connection.get_connection_params(), lambda _connection: None)
    own = pool.getconn()
    try:
        own.set_autocommit(value=True)  # as it is already: nothing is sent
        before = own.first_patience
        own.execute("SELECT 1")
        assert (before, own.first_patience) == (budget.answer, None)
        assert own.patience
    finally:
        pool.putconn(own)
        pool.close()
