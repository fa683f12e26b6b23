"""Words as search sees them: without case and accents, reduced to their stem, the commonest set aside."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")

# Words that nearly every article contains: they find nothing, so a query is answered without them unless it holds
# nothing else.
COMMON_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being below between
    both but by can could did do does doing down during each explain few for from further had has have having he her
    here hers herself him himself his how i if in into is it its itself just me more most my myself no nor
    not now of off on once only or other our ours ourselves out over own please s same shall she should so some such t
    than that the their theirs them themselves then there these they this those through to too under until up us very
    was we were what when where which while who whom whose why will with would you your yours yourself yourselves
    """.split()  # noqa: SIM905 a word list, not a list of strings
)

# Words that say what is asked, not about what: an article with them comes first, one without them is found as well.
ASKING_WORDS = frozenset(
    """
    characteristics compare comparison define defined definition definitions describe description differ
    difference differences different discuss example examples explain explained explanation happen happens
    help helps homework identify importance important kind kinds list main makes matters mean meaning means
    needed overview question questions simple summary tell type types used versus vs
    """.split()  # noqa: SIM905 a word list, not a list of strings
)


class _Folding(dict[int, str]):
    """Maps a character to its base letter in lower case, always one character for one: `É` to e, `₂` and `²` to 2."""

    def __missing__(self, code: int) -> str:
        compatible = unicodedata.normalize("NFKD", chr(code))
        # A ligature or a fraction is several characters: it keeps its place as it is.
        base = (compatible if len(compatible) == 1 else unicodedata.normalize("NFD", chr(code))[0]).lower()
        folded = base if len(base) == 1 else chr(code)
        if len(self) < 10_000:  # visitors could send a million different ones
            self[code] = folded
        return folded


class _Spelling(dict[int, str]):
    """Maps a character of a word to its folded form, every other to a space."""

    def __missing__(self, code: int) -> str:
        folded = _folding[code]
        letter = folded if folded.isalnum() else " "
        if len(self) < 10_000:
            self[code] = letter
        return letter


_folding = _Folding()
_spelling = _Spelling()


def fold(text: str) -> str:
    """`text` in lower case and without accents; every character keeps its place."""
    return text.lower() if text.isascii() else text.translate(_folding)


def tokens(text: str) -> list[str]:
    """The words of `text`, folded, in their order."""
    return text.translate(_spelling).split()  # what WORD finds, in half the time


@lru_cache(maxsize=50_000)  # the words of a large library; some 7 MB
def stem(word: str) -> str:
    """What the inflected forms of a folded English word have in common: `energies` and `energy` give `energi`.

    Porter's algorithm with its author's two later departures (https://tartarus.org/martin/PorterStemmer/), which
    SQLite's index uses and PostgreSQL's refines. Words with other characters than ASCII's are left as they are.
    """
    if len(word) < 3 or not word.isascii():
        return word
    word = _plural(word)
    word = _past(word)
    if word.endswith("y") and "v" in _shape(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, DOUBLE_SUFFIXES, least=1)
    word = _replace(word, SUFFIXES, least=1)
    word = _drop(word)
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _ends_short(rest)):
            word = rest
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """`word` without the endings that grammar gives it, but with those that make another word of it.

    `operates` and `operating` give `operat`, `operant` itself, though the stem of all three is the same.
    """
    if len(word) < 3 or not word.isascii():
        return word
    word = _past(_plural(word))
    if word.endswith("y") and "v" in _shape(word[:-1]):
        return word[:-1] + "i"
    return word.removesuffix("e")


def beginning(word: str) -> str:
    """What all forms of a folded word begin with: the letters that it shares with its stem."""
    return shared_beginning(word, stem(word))


def shared_beginning(first: str, second: str) -> str:
    shared = 0
    for letter, other in zip(first, second, strict=False):
        if letter != other:
            break
        shared += 1
    return first[:shared]


DOUBLE_SUFFIXES = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
)  # fmt: skip
SUFFIXES = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
DROPPED = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion",
    "al", "er", "ic", "ou",
)  # fmt: skip


def _shape(word: str) -> str:
    """`v` for each vowel, `c` for each consonant; y is a vowel after a consonant."""
    shape = ""
    for letter in word:
        is_vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if is_vowel else "c"
    return shape


def _measure(word: str) -> int:
    """How often vowels are followed by consonants."""
    return _shape(word).count("vc")


def _ends_short(word: str) -> bool:
    """Whether the word ends consonant, vowel, consonant, the last not w, x or y: as in `hop`."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix):
            rest = word.removesuffix(suffix)
            if "v" not in _shape(rest):
                return word
            if rest.endswith(("at", "bl", "iz")):
                return rest + "e"
            if rest[-1] == rest[-2:-1] and rest[-1] not in "aeioulsz":
                return rest[:-1]
            return rest + "e" if _measure(rest) == 1 and _ends_short(rest) else rest
    return word


def _replace(word: str, suffixes: tuple[tuple[str, str], ...], *, least: int) -> str:
    for suffix, replacement in suffixes:
        if word.endswith(suffix):
            rest = word.removesuffix(suffix)
            return rest + replacement if _measure(rest) >= least else word
    return word


def _drop(word: str) -> str:
    for suffix in DROPPED:
        if word.endswith(suffix):
            rest = word.removesuffix(suffix)
            if suffix == "ion" and not rest.endswith(("s", "t")):
                return word
            return rest if _measure(rest) > 1 else word
    return word
