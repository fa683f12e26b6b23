"""Tells a formula between two dollar signs from two prices in one line.

markdown-it's dollarmath plugin goes by the characters beside the dollar signs alone."""

from __future__ import annotations

import re

# A command, an exponent or an index: nothing that prose puts between two prices.
_TEX = re.compile(r"\\[A-Za-z]+|[\^_]")
_TEXT_ARGUMENT = re.compile(r"\\(?:text\w*|mathrm|mbox|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+")
_WORD = re.compile(r"[^\W\d_]+")
_OPERATOR = re.compile(r"[=+*/<>≤≥≠±×÷∈⊂⊆∪∩→⇒|-]")

# No formula that is complete ends with one of these.
_LEADS_ON = frozenset("=+*/<>(,:-")

# Words of a sentence. The one-letter ones ("a") are variables as often, so they do not count.
_STOP_WORDS = frozenset(
    {
        "about", "after", "and", "are", "as", "at", "be", "before", "but", "by", "for", "from", "had", "has",
        "have", "he", "if", "in", "into", "is", "it", "its", "less", "more", "not", "of", "off", "on", "or",
        "out", "over", "per", "she", "so", "than", "that", "the", "their", "then", "they", "this", "to", "up",
        "via", "vs", "was", "we", "were", "when", "which", "while", "will", "with", "you",
    }
)  # fmt: skip

# Names of functions that authors write without a backslash.
_FUNCTIONS = frozenset(
    {
        "arccos", "arcsin", "arctan", "argmax", "argmin", "cosec", "cosh", "cov", "det", "diag", "dim", "exp",
        "grad", "ker", "lim", "ln", "log", "max", "min", "mod", "rank", "sgn", "sign", "sinh", "sqrt", "span",
        "tanh", "trace", "var",
    }
)  # fmt: skip


def is_formula(body: str, following: str) -> bool:
    """Whether the text between two dollar signs on one line is a formula, and not prose between two prices.

    ``following`` is the character after the closing sign, empty at the end of the text. Spaces inside the dollar
    signs, a digit after the first and numbers alone are all common in formulas here, so none of them decides.
    """
    inner = body.strip()
    if not inner or r"\(" in inner:
        return False
    prose = _TEXT_ARGUMENT.sub(" ", inner)
    words = [word.lower() for word in _WORD.findall(prose)]
    words = [word for word in words if word not in _FUNCTIONS]
    stop_words = sum(word in _STOP_WORDS for word in words)
    if _TEX.search(inner):
        # "$P_1 = $5" is no formula. "$5 for file_a, and $6": an underscore does not outweigh a sentence.
        is_price = inner[-1] == "=" and following.isdigit()
        return not is_price and (stop_words < 2 or inner[0] == "\\")
    if _is_cut(body, inner, following):
        return False
    if len(inner) == 1 or (inner.isalpha() and inner.isascii()):
        # "5$ or 6$": a word between spaces is not the name of a variable.
        return not (stop_words and inner != body)
    long_words = sum(len(word) > 3 for word in words)
    if inner[0].isdigit():
        allowed = 2 if "=" in inner else 0
        return not stop_words and inner[-1] not in ",;" and long_words <= allowed
    if long_words > 2:
        return False
    return not stop_words or _OPERATOR.search(inner) is not None


def _is_cut(body: str, inner: str, following: str) -> bool:
    """Whether a body without any TeX reaches from inside one thing into another: it is lopsided, or leads on."""
    is_lopsided = body[-1].isspace() and not body[0].isspace()
    if following.isalnum() and (is_lopsided or inner[-1] in _LEADS_ON or following.isdigit()):
        return True  # what follows belongs to the second sign: "$price * $tax", "$HOME and $USER", "$A$1"
    if len(inner) > 1 and (inner[0] in ",;:.)" or inner[-1] in "(["):
        return True
    # "A fee of $20 if $ x $ is": a formula has a space on both sides or on neither.
    return is_lopsided and inner[0].isdigit()
