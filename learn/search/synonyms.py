"""Words for one thing, from the table that editors keep (SearchSynonym), and acronyms learnt from the articles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from learn.db import rows
from learn.models import SearchSynonym

from .words import COMMON_WORDS, tokens

LONGEST = 5  # words of a term
# A small set of what students type and textbooks do not; the table in the admin is where it grows.
STARTER = """
    ww1 = world war i; ww2 = world war ii; wwi = world war i; wwii = world war ii; ww1 = first world war
    ww2 = second world war; eq = emotional intelligence; iq = intelligence quotient; kids = children
    kid = child; maths = mathematics; math = mathematics; math = mathematical; psych = psychology
    psych = psychological; bio = biology; chem = chemistry; econ = economics; stats = statistics
    stat = statistics; calc = calculus; trig = trigonometry; lit = literature; gov = government
    govt = government; poli sci = political science; uni = university; info = information
    exam = examination; exams = examinations; lab = laboratory; pics = pictures; ads = advertising
    ad = advertisement; tech = technology; bacteria = bacterium; meds = medication; med = medication
    bp = blood pressure; hr = heart rate; temp = temperature; temps = temperatures; freq = frequency
    eqn = equation; eqns = equations; approx = approximate; max = maximum; min = minimum; avg = average
    std dev = standard deviation; sd = standard deviation; prob = probability; deriv = derivative
    photo = photograph; sci = science; scifi = science fiction; bf = boyfriend; gf = girlfriend
    teen = adolescent; teens = adolescents; teenagers = adolescents; elderly = older adults; cops = police
    movie = film; movies = films; car = automobile; heart attack = myocardial infarction
    high blood pressure = hypertension; stroke = cerebrovascular accident; cancer = neoplasm
    flu = influenza; belly = abdomen; stomach = gastric; kidney = renal; kidneys = renal; liver = hepatic
    lungs = pulmonary; lung = pulmonary; heart = cardiac; usa = united states; uk = united kingdom
    ussr = soviet union; eu = european union; un = united nations; ai = artificial intelligence
    ml = machine learning; nlp = natural language processing; os = operating system; db = database
    hw = homework; config = configuration; js = javascript; oop = object oriented programming
    dna = deoxyribonucleic acid; rna = ribonucleic acid; cbt = cognitive behavioral therapy
    ptsd = post traumatic stress disorder; adhd = attention deficit hyperactivity disorder
    ocd = obsessive compulsive disorder; gdp = gross domestic product; roi = return on investment
    csr = corporate social responsibility; 4ps = marketing mix; lgbtq = lgbt; phd = doctorate
    e coli = escherichia coli; co2 = carbon dioxide; h2o = water; o2 = oxygen; nacl = sodium chloride
    redox = oxidation reduction; shm = simple harmonic motion; emf = electromotive force
    si units = international system of units; 1st = first; 2nd = second; 3rd = third
"""


def starter() -> list[tuple[str, str]]:
    """The pairs of STARTER, normalised."""
    pairs = (pair.split(" = ") for line in STARTER.splitlines() for pair in line.strip().split("; ") if pair)
    return list(dict.fromkeys((normal(term), normal(means)) for term, means in pairs))


def add_starter_set(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the starter set into the table: an operation of a migration."""
    rows_of = apps.get_model("learn", "SearchSynonym").objects.using(schema_editor.connection.alias)
    rows_of.bulk_create(rows_of.model(term=term, means=means, source="starter") for term, means in starter())


def normal(text: str) -> str:
    """`text` as the table holds it: folded words, separated by single spaces."""
    return " ".join(tokens(text))


def synonyms_of(words: list[str]) -> dict[str, list[str]]:
    """For each term within the folded `words` of a query, as they follow each other, what else it is called.

    One query.
    """
    terms = {
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, LONGEST + 1)
        if start + length <= len(words)
    }
    # A common word alone is no term: `us` would be the United States in every sentence.
    terms -= COMMON_WORDS
    if not terms:
        return {}
    found: dict[str, list[str]] = {}
    listed = sorted(terms)[:500]
    places = ", ".join(["%s"] * len(listed))
    with connections[SearchSynonym.objects.db].cursor() as cursor:
        cursor.execute(
            "SELECT term, means, both_ways FROM learn_searchsynonym "
            f"WHERE is_active AND (term IN ({places}) OR (both_ways AND means IN ({places}))) ORDER BY id",
            [*listed, *listed],
        )
        pairs = cursor.fetchall()
    for term, means, both_ways in pairs:
        if term in terms:
            found.setdefault(term, []).append(means)
        if both_ways and means in terms:
            found.setdefault(means, []).append(term)
    return found


# --- Acronyms ---------------------------------------------------------------------------------------------------------

# `body mass index (BMI)`: the words before the parenthesis begin with its letters, small words aside.
_ACRONYM = re.compile(r"\(([A-Z][A-Za-z]{1,5})s?\)")
_BEFORE = 100  # characters before the parenthesis that are read
_SENTENCE = re.compile(r"[.:;!?()\n]")
_SMALL = {"of", "and", "the", "for", "in", "on", "to", "a", "an", "by", "with", "or"}
_PLAIN = re.compile(r"\b[a-z]{2,6}\b")
LEARNT_FROM = 2  # articles that must spell one out
SHARE = 0.25  # of all that spell it out, for one of its meanings


class Acronyms:
    """Collects, from texts, acronyms that they spell out."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, str]] = Counter()
        self._plain: Counter[str] = Counter()

    def read(self, head: str, answer: str) -> None:
        """Read an article: its question, description and keywords, and its answer."""
        self._plain.update(_PLAIN.findall(head))
        if "(" in answer or "(" in head:
            self._found.update(set(spelled_out(f"{head}\n{answer}")))

    def learnt(self) -> list[tuple[str, str]]:
        """Acronym and long form, of those that several articles spell out and that are no plain word, such as ART."""
        totals: Counter[str] = Counter()
        for (short, _long), count in self._found.items():
            totals[short] += count
        return sorted(
            (short, long)
            for (short, long), count in self._found.items()
            if count >= max(LEARNT_FROM, SHARE * totals[short])
            and self._plain[short] <= totals[short] / 2
            and short not in COMMON_WORDS
        )


def spelled_out(text: str) -> Iterable[tuple[str, str]]:
    """The pairs of acronym and long form in `text`, both folded."""
    for match in _ACRONYM.finditer(text):
        letters = match[1].lower()
        if sum(map(str.isupper, match[1])) < 2:
            continue
        before = tokens(_SENTENCE.split(text[max(0, match.start() - _BEFORE) : match.start()])[-1])
        left = len(letters)
        for start in range(len(before) - 1, -1, -1):
            word = before[start]
            if left and word[0] == letters[left - 1]:
                left -= 1
                if not left:
                    if len(before) - start > 1:
                        yield letters, " ".join(before[start:])
                    break
            elif word not in _SMALL:
                break


def store(pairs: Iterable[tuple[str, str]], source: str) -> int:
    """Put `pairs` into the table, in the place of those of the same source; return how many. Editors' rows stay."""
    with transaction.atomic():
        others = SearchSynonym.objects.exclude(source=source, is_active=True)
        kept = set(others.values_list("term", "means"))
        SearchSynonym.objects.filter(source=source, is_active=True).delete()
        new = [
            {"term": term, "means": means, "both_ways": True, "source": source, "is_active": True}
            for term, means in sorted(set(pairs) - kept)
            if term != means and max(len(term), len(means)) <= 80
        ]
        rows.insert(SearchSynonym, new)
    return len(new)
