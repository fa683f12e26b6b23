"""The vocabulary of the generated corpus, read from words.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

_TOML = tomllib.loads((Path(__file__).parent / "words.toml").read_text())
_COINED = _TOML["coined"]

ADJECTIVES: list[str] = _TOML["adjectives"].split()
NOUNS: list[str] = _TOML["nouns"].split()
VERBS: list[str] = _TOML["verbs"].split()
ASPECTS: list[str] = _TOML["aspects"].split()
COINED: list[str] = [
    f"{prefix}{stem}{suffix}"
    for stem in _COINED["stems"].split()
    for prefix in _COINED["prefixes"].split()
    for suffix in _COINED["suffixes"]
]
SUBJECTS: list[tuple[str, int, bool]] = [
    (subject["title"], subject["weight"], subject["listed"]) for subject in _TOML["subjects"]
]
PROGRAMS: list[tuple[str, str]] = [(program["language"], program["code"]) for program in _TOML["programs"]]
LETTERS = "abcdfghkprstvwxyz"

QUESTIONS: list[str] = _TOML["patterns"]["questions"]
OPENINGS: list[str] = _TOML["patterns"]["openings"]
SENTENCES: list[str] = _TOML["patterns"]["sentences"]
LEADS: list[str] = _TOML["patterns"]["leads"]
CLOSINGS: list[str] = _TOML["patterns"]["closings"]
FORMULAS: list[str] = _TOML["patterns"]["formulas"]
DISPLAYS: list[str] = _TOML["patterns"]["displays"]
UNANSWERED: str = _TOML["patterns"]["unanswered"]
ADDENDUM: str = _TOML["patterns"]["addendum"]
