"""The fuzzer's targets with fixed seeds: every run of the tests tries the same inputs."""

from __future__ import annotations

import pytest

from tests.attacks import fuzz

EXAMPLES = {"render": 300, "front-matter": 200, "newlines": 300, "archives": 150, "requests": 80}


@pytest.mark.django_db
@pytest.mark.parametrize("target", fuzz.TARGETS)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.slow
def test_made_up_input_gets_an_answer(target: str, seed: int) -> None:
    assert fuzz.run(target, EXAMPLES[target], seed) > 0
