"""Keywords as names of topics: one name for every way of writing a thing. Pure: knows no database.

A name is lower-case words of a to z and digits with single spaces between, so that a hyphen in place of each space
makes an address of it, and no two names the same one. Case, accents, punctuation, possessives, number and British
spelling make no difference; what stands in brackets is left out, and a prefix set off by a hyphen joins its word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from learn.search.variants import LETTERS, RULES

LONGEST = 60  # characters of a name: beyond, it is a sentence
MOST_WORDS = 6
MOST_KEYWORDS = 40  # of one article that are read; 31 in the richest file

_BRACKETS = re.compile(r"[(\[][^()\[\]]*(?:[)\]]|$)")
_POSSESSIVE = re.compile(r"(?<=[a-z])'s\b|(?<=s)'(?!\w)")
_QUOTES = str.maketrans("’‘ʼ`´′–—‑‐", "'" * 6 + "-" * 4)
_SPELLED = {"&": " and ", "+": " plus ", "#": " sharp ", "%": " percent "}
_WORD = re.compile(r"[a-z0-9]+")
# Written with a hyphen, with a space, or as one word.
_PREFIX = re.compile(
    r"\b(anti|bio|co|counter|cyber|e|extra|geo|hyper|inter|intra|macro|mega|micro|mid|mini|multi|nano|neo|neuro|non|"
    r"over|post|pre|pro|proto|pseudo|psycho|re|semi|socio|sub|super|supra|trans|ultra|un|under)-(?=[a-z])"
)
_LEADING = {"a", "an", "the"}
# A noun before one of these is counted as well: laws of motion, law of motion.
_JOINING = {"of", "in", "for", "and", "to", "on", "with", "by", "as", "at", "from", "vs", "versus", "between"}

_IRREGULAR = {
    "analyses": "analysis", "appendices": "appendix", "axes": "axis", "bacterium": "bacteria", "bases": "base",
    "biases": "bias", "buses": "bus", "catalyses": "catalysis", "children": "child", "consortia": "consortium",
    "crises": "crisis", "criteria": "criterion", "curricula": "curriculum", "diagnoses": "diagnosis",
    "electrolyses": "electrolysis", "emphases": "emphasis", "feet": "foot", "focuses": "focus", "foci": "focus",
    "formulae": "formula", "fungi": "fungus", "gases": "gas", "geese": "goose", "genera": "genus", "halves": "half",
    "hypotheses": "hypothesis", "indices": "index", "knives": "knife", "larvae": "larva", "leaves": "leaf",
    "lenses": "lens", "lives": "life", "loci": "locus", "matrices": "matrix", "media": "media", "men": "man",
    "metastases": "metastasis", "mice": "mouse", "mitochondrion": "mitochondria", "narratives": "narrative",
    "neuroses": "neurosis", "nuclei": "nucleus", "oases": "oasis", "parentheses": "parenthesis", "people": "people",
    "phenomena": "phenomenon", "photons": "photon", "proteses": "prosthesis", "prostheses": "prosthesis",
    "psychoses": "psychosis", "radii": "radius", "selves": "self", "shelves": "shelf", "spectra": "spectrum",
    "stimuli": "stimulus", "strata": "stratum", "syntheses": "synthesis", "teeth": "tooth", "theses": "thesis",
    "thieves": "thief", "vertebrae": "vertebra", "vertices": "vertex", "viruses": "virus", "wives": "wife",
    "wolves": "wolf", "women": "woman", "movies": "movie", "cookies": "cookie", "calories": "calorie",
    "prairies": "prairie", "quanta": "quantum", "maxima": "maximum", "minima": "minimum", "data": "data",
    "statuses": "status", "campuses": "campus", "censuses": "census", "viri": "virus", "lies": "lie", "ties": "tie",
}  # fmt: skip
# Words that end as a plural does and are none, or whose singular is another thing.
_INVARIANT = frozenset(
    """
    achilles aids always analytics archimedes aristophanes arms athens athletics atlas bias biceps brussels
    canvas carbs chaos christmas class corps cosmos customs des diabetes dynamics earnings economics electronics
    electrostatics ethics ethnics ethos euripides europeans folkways forceps gallows genetics glass goods
    gymnastics hades headquarters hercules herpes hippocrates hydraulics james kinematics kudos lens les
    linguistics logistics logos los mars mathematics maths means measles mechanics metaphysics mores moses mumps
    nations netherlands news optics orthopedics paris pathos perhaps philippines phonetics physics politics
    pragmatics rabies rights robotics sales savings semantics semiotics series socrates sophocles species sports
    states statics statistics tactics texas thales thermodynamics united uranus venus wales whereas xerxes years
    """.split()  # noqa: SIM905 a word list, not a list of strings
)
_NOT_PLURAL = re.compile(r"(?:ss|us|is|ics|ous|itis|osis|aus|eus|ius)$")
# -ise that no American writes with a z.
_ALWAYS_ISE = re.compile(
    r"^(?:adv|advert|ar|aw|bru|chast|circumc|clockw|compr|comprom|conc|cru|dem|desp|dev|disgu|enfranch|enterpr|exc|"
    r"exerc|expert|franch|gu|improv|likew|merchand|no|otherw|para|po|pra|prec|prem|prom|ra|rev|r|superv|surm|surpr|"
    r"telev|treat|w|trav|appra|repr|marqu|torto|turquo|porpo|lou)is(?:e|ed|er|ers|es|ing|able|ations?)$"
)
_IS_RULE, _YS_RULE = r"^(.{2,})is(", r"^(.+)ys("
_YSE = re.compile(r"(?:anal|paral|catal|hydrol|electrol|dial)ys")  # others have no z: geysers
# British rules that would maim American words (`controlled`), and those that mean different words (`licence`).
_NOT_FOLLOWED = ("ll(ed|", "(licen|practi)", "(fulfi|", "ae(.*)", "oe(.*)")
_AMERICAN = [
    (british, form)
    for british, form, _american, _other in RULES
    if not any(part in british.pattern for part in _NOT_FOLLOWED)
]
_GREEK_LATIN = re.compile(
    r"^(an|p|gyn|orthop|leuk|h|c|arch|encyclop)a(e(?:mi|sth|diat|rob|col|log|ped|di|matol|mat|mo|cum|sar).*)$"
)


@lru_cache(maxsize=300_000)
def name_of(keyword: str) -> str:
    """The name of the topic that `keyword` writes; empty where it can be no topic: a number, a sentence, nothing."""
    text = unicodedata.normalize("NFKD", keyword.translate(_QUOTES)).lower()
    text = "".join(LETTERS.get(c, c) for c in text if not unicodedata.combining(c))
    text = _BRACKETS.sub(" ", text) or text
    text = _POSSESSIVE.sub("", text).replace("'", "")
    for sign, spelled in _SPELLED.items():
        text = text.replace(sign, spelled)
    # C++ and C#, not "a + b"; u.s. and ph.d. lose their full stops
    text = re.sub(r"\b((?:[a-z]\.){2,})", lambda match: match[1].replace(".", ""), text + " ")
    words = _WORD.findall(_PREFIX.sub(r"\1", text))
    while words and words[0] in _LEADING:
        del words[0]
    if not words or len(words) > MOST_WORDS or not re.search("[a-z]", "".join(words)):
        return ""
    words = [american(word) for word in words]
    last = len(words) - 1
    for place, word in enumerate(words):
        if place == last or words[place + 1] in _JOINING:
            words[place] = singular(word)
    name = " ".join(words)
    return name if len(name) <= LONGEST else ""


def singular(word: str) -> str:
    """The singular of an English noun in lower case; the word itself where it has none or is one."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in _INVARIANT or _NOT_PLURAL.search(word):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=100_000)
def american(word: str) -> str:
    """The American spelling of a word in lower case."""
    if len(word) < 4 or word in _IRREGULAR:
        return word
    if match := _GREEK_LATIN.match(word):
        word = match[1] + match[2]
    for british, form in _AMERICAN:
        if british.pattern.startswith(_IS_RULE) and _ALWAYS_ISE.match(word):
            continue
        if british.pattern.startswith(_YS_RULE) and not _YSE.search(word):
            continue
        if british.match(word):
            return british.sub(form, word)
    return word


def keywords_of(text: str) -> list[str]:
    """The keywords of an article as they are written, tidied, without repeats, in their order."""
    found = (" ".join(keyword.split()).strip(" .;:") for keyword in re.split(r"[,;\n]", text))
    return list(dict.fromkeys(keyword for keyword in found if keyword))[:MOST_KEYWORDS]
