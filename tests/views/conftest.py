from __future__ import annotations

import pytest

from learn.models import Article
from tests.factories import make_article


@pytest.fixture
def article() -> Article:
    return make_article(
        slug="why",
        question="Why does it fall?",
        answer="Because of **gravity**:\n\n1. mass\n2. distance\n\n$F = G\\frac{m_1 m_2}{r^2}$",
        description="What makes things fall.",
    )
