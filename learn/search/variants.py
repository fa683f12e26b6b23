"""Other spellings of a word: British and American, digits set low and high, Greek letters, signs in plain words.

Pure. What these functions return is looked up in the vocabulary before it is searched for, so a rule may make words
that do not exist.
"""

from __future__ import annotations

import re

# British, American. `\\1` stands for what the parentheses hold; the other way round, the places change.
_OUR = (
    "arm|ard|behavi|cand|clam|col|demean|discol|endeav|fav|ferv|flav|harb|hon|hum|lab|neighb|od|parl|ranc|rig|rum|sav|"
    "savi|splend|succ|tum|val|vap|vig|misbehavi"
)
_RE = "calib|cent|epicent|fib|lit|lust|meag|met|centimet|kilomet|millimet|nanomet|sabr|somb|spect|theat"
_RULES = [
    (rf"^({_OUR})our(.*)$", rf"^({_OUR})or(.*)$", r"\1our\2", r"\1or\2"),
    (rf"^({_RE})re(s?)$", rf"^({_RE})er(s?)$", r"\1re\2", r"\1er\2"),
    (rf"^({_RE})red$", rf"^({_RE})ered$", r"\1red", r"\1ered"),
    (rf"^({_RE})ring$", rf"^({_RE})ering$", r"\1ring", r"\1ering"),
    (r"^(.{2,})is(e[drs]?|ers|ing|able|ation|ations|ational)$",
     r"^(.{2,})iz(e[drs]?|ers|ing|able|ation|ations|ational)$", r"\1is\2", r"\1iz\2"),
    (r"^(.+)ys(e[drs]?|ers|ing)$", r"^(.+)yz(e[drs]?|ers|ing)$", r"\1ys\2", r"\1yz\2"),
    (r"^(.+)ogue(s?)$", r"^(.+)og(s?)$", r"\1ogue\2", r"\1og\2"),
    (r"^(.*[aeiouy].*[aeiouy])ll(ed|ing|er|ers|or|ors|ous)$", r"^(.*[aeiouy].*[aeiouy])l(ed|ing|er|ers|or|ors|ous)$",
     r"\1ll\2", r"\1l\2"),
    (r"^(def|off|pret)ence(s?|less)$", r"^(def|off|pret)ense(s?|less)$", r"\1ence\2", r"\1ense\2"),
    (r"^(licen|practi)s(e[ds]?|ing)$", r"^(licen|practi)c(e[ds]?|ing)$", r"\1s\2", r"\1c\2"),
    (r"^(judg|acknowledg|lodg|abridg)ement(s?|al)$", r"^(judg|acknowledg|lodg|abridg)ment(s?|al)$", r"\1ement\2",
     r"\1ment\2"),
    (r"^(fulfi|enro|ski|wi)l(ful|fully|ment|ments|s?)$", r"^(fulfi|enro|ski|wi)ll(ful|fully|ment|ments|s?)$",
     r"\1l\2", r"\1ll\2"),
    (r"^(.*)artefact(.*)$", r"^(.*)artifact(.*)$", r"\1artefact\2", r"\1artifact\2"),
    (r"^(.*)sulph(.*)$", r"^(.*)sulf(.*)$", r"\1sulph\2", r"\1sulf\2"),
    (r"^sceptic(.*)$", r"^skeptic(.*)$", r"sceptic\1", r"skeptic\1"),
    (r"^mould(.*)$", r"^mold(.*)$", r"mould\1", r"mold\1"),
    (r"^(.*)plough(.*)$", r"^(.*)plow(.*)$", r"\1plough\2", r"\1plow\2"),
    (r"^programme(s?)$", r"^program(s?)$", r"programme\1", r"program\1"),
    (r"^(.*)aluminium$", r"^(.*)aluminum$", r"\1aluminium", r"\1aluminum"),
    (r"^(.*)grey(.*)$", r"^(.*)gray(.*)$", r"\1grey\2", r"\1gray\2"),
    (r"^ageing$", r"^aging$", "ageing", "aging"),
    (r"^jewellery$", r"^jewelry$", "jewellery", "jewelry"),
    (r"^aeroplane(s?)$", r"^airplane(s?)$", r"aeroplane\1", r"airplane\1"),
    (r"^manoeuvre(.*)$", r"^maneuver(.*)$", r"manoeuvre\1", r"maneuver\1"),
    # ae and oe in words from the Greek
    (r"^(.*)(an|p|f|h|gyn|orthop|encyclop|leuk|c|t|medi|pal|isch|sept|glyc)ae(.*)$",
     r"^(.*)(an|p|f|h|gyn|orthop|encyclop|leuk|c|t|medi|pal|isch|sept|glyc)e(.*)$", r"\1\2ae\3", r"\1\2e\3"),
    (r"^()(f|am|diarrh|)oe(.*)$", r"^()(f|am|diarrh|)e(.*)$", r"\1\2oe\3", r"\1\2e\3"),
]  # fmt: skip
RULES = [
    (re.compile(british), american_form, re.compile(american), british_form)
    for british, american, british_form, american_form in _RULES
]

GREEK = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        "αβγδεζηθικλμνξοπρστυφχψω",
        strict=True,
    )
)
LETTERS = {letter: name for name, letter in GREEK.items()}
# Signs and commands of TeX that stand for a word.
SIGNS = {
    "∫": "integral", "∑": "sum", "∏": "product", "√": "root", "∞": "infinity", "∂": "partial", "∇": "gradient",
    "≤": "inequality", "≥": "inequality", "≠": "inequality", "∈": "element", "∪": "union", "∩": "intersection",
}  # fmt: skip
TEX = {
    "frac": "fraction", "int": "integral", "sum": "sum", "prod": "product", "sqrt": "root", "infty": "infinity",
    "lim": "limit", "log": "logarithm", "sin": "sine", "cos": "cosine", "tan": "tangent", "vec": "vector",
    "partial": "derivative", "nabla": "gradient", "int_": "integral",
}  # fmt: skip
LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def spellings(word: str) -> set[str]:
    """How else folded `word` is written on the other side of the Atlantic: to be looked up in the vocabulary."""
    found: set[str] = set()
    if not word.isascii() or len(word) < 4:
        return found
    for british, american_form, american, british_form in RULES:
        for pattern, form in ((british, american_form), (american, british_form)):
            if pattern.match(word):
                found.add(pattern.sub(form, word))
    # centre, centred: whichever ending, one more step: `catalogued`, `behaviours` are theirs already.
    found.discard(word)
    return found


def written(word: str) -> set[str]:
    """How else a folded `word` stands in the index: its digits low (H₂O) or high (mc²), its letter in Greek."""
    found: set[str] = set()
    if any(map(str.isdigit, word)) and not word.isdigit() and len(word) <= 20:
        found |= {word.translate(LOW), word.translate(HIGH)}
    if other := GREEK.get(word) or LETTERS.get(word):
        found.add(other)
    found.discard(word)
    return found
