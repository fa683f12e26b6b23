"""How to cite an article: APA 7, MLA 9, Chicago 17, BibTeX and RIS, with the day it was read.

The rules are those of the styles for a page of a website: https://apastyle.apa.org/style-grammar-guidelines/references,
https://style.mla.org/works-cited/citations-by-format/, The Chicago Manual of Style 17, 14.205 to 14.207 (bibliography).
citeproc-py would bring lxml and the styles' files for three sentences.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from learn.models import Article

from . import absolute, canonical_of

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MLA_MONTHS = ("Jan.", "Feb.", "Mar.", "Apr.", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
MOST_APA_AUTHORS = 20
MOST_CHICAGO_AUTHORS = 10
PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ter", "zu"}
)
SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
# A name with one of these words is that of a group, which is not turned around.
OF_GROUPS = re.compile(
    r"\b(?:team|editors?|staff|group|university|college|school|department|institute|society|association|"
    r"foundation|committee|council|company|inc|ltd|llc|the)\b|\d",
    re.IGNORECASE,
)
# https://schema.org/IPTCDigitalSourceEnumeration, in words; another value stands as it is.
MADE = {
    "TrainedAlgorithmicMediaDigitalSource": "Answer made with generative AI",
    "CompositeWithTrainedAlgorithmicMediaDigitalSource": "Answer made by people and generative AI",
    "CompositeSyntheticDigitalSource": "Answer made partly with generative AI",
    "AlgorithmicMediaDigitalSource": "Answer made by a program",
    "AlgorithmicallyEnhancedDigitalSource": "Answer written by people and improved by a program",
    "HumanEditsDigitalSource": "Answer edited by people",
    "DigitalCreationDigitalSource": "Answer written by people",
}


@dataclass(frozen=True, slots=True)
class Name:
    """An author; of a group only `family`."""

    family: str
    given: str = ""
    suffix: str = ""

    @property
    def inverted(self) -> str:
        return ", ".join(part for part in (self.family, self.given, self.suffix) if part)

    @property
    def direct(self) -> str:
        name = f"{self.given} {self.family}".strip()
        return f"{name}, {self.suffix}" if self.suffix else name

    @property
    def initials(self) -> str:
        """ "Jean-Luc M." as "J.-L. M." """
        given = re.sub(r"\.(?=\w)", ". ", self.given)  # J.R.R.
        words = ("-".join(f"{part[0]}." for part in word.split("-") if part) for word in given.split())
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Work:
    """What a citation says of an article."""

    title: str
    site: str
    publisher: str
    authors: Sequence[Name]
    date: dt.date
    url: str
    made: str  # how the answer was made, in words; "" where the site does not say

    @property
    def is_group(self) -> bool:
        return len(self.authors) == 1 and not self.authors[0].given

    @property
    def site_after_author(self) -> str:
        """The site's name, "" where the author has just been named so."""
        return "" if self.is_group and self.authors[0].family == self.site else self.site


@dataclass(frozen=True, slots=True)
class Citation:
    """One style: its name, its key, the text for people. A part in `<em>` is set in italics."""

    style: str
    key: str
    html: SafeString


def work(article: Article) -> Work:
    """The facts of an article; no query where `canonical` and `subject` are joined."""
    about = settings.ABOUT_ANSWERS_URL
    source = settings.DIGITAL_SOURCE_TYPE
    made = MADE.get(source, f"Answer made as {source}") if source else ""
    if about:
        made = f"{made} ({about})" if made else f"How the answer was made: {about}"
    return Work(
        title=one_line(article.question_text),
        site=f"{settings.SITE_NAME} Learn",
        publisher=settings.SITE_NAME,
        authors=authors(article.author),
        date=article.date,
        url=absolute(canonical_of(article).get_absolute_url()),
        made=made,
    )


def citations(what: Work, accessed: dt.date) -> list[Citation]:
    """The three styles for people."""
    return [
        Citation("APA 7", "apa", apa(what, accessed)),
        Citation("MLA 9", "mla", mla(what, accessed)),
        Citation("Chicago 17", "chicago", chicago(what, accessed)),
    ]


def authors(text: str) -> list[Name]:
    """The names in "Ada Lovelace and Alan Turing"; that of a group, or of the site, is not turned around."""
    text = one_line(text)
    if not text:
        return []
    if text == settings.SITE_NAME:
        return [Name(text)]
    # "Family, Given; Family, Given" and "Family, Given and Family, Given": a comma within each.
    parts = [part.strip(" ,") for part in _SEMICOLON.split(text) if part.strip(" ,")]
    if len(parts) == 1:
        parts = [text] if OF_GROUPS.search(text) else _AND.split(text)
        if not all(_is_turned(part) for part in parts):
            parts = [name for part in parts for name in _COMMA.split(part)]
    return [_name(part.strip(" ,")) for part in parts if part.strip(" ,")]


_SEMICOLON = re.compile(r"\s*;\s*")
_AND = re.compile(r"\s*,?\s+(?:and|&)\s+")
_COMMA = re.compile(r",\s+(?!(?:jr|sr|ii|iii|iv)\b)", re.IGNORECASE)


def _is_turned(text: str) -> bool:
    """Whether `text` is one name with the family first: one comma, behind one word or two, or particles."""
    family, comma, given = text.partition(", ")
    if not comma or "," in given or given.lower() in SUFFIXES or len(given.split()) > 3:
        return False
    words = [word for word in family.split() if word.lower() not in PARTICLES]
    # "Ada Lovelace, Alan Turing" are two people: a family of two words comes before one given name.
    return len(words) == 1 or (len(words) == 2 and len(given.split()) == 1)


def _name(text: str) -> Name:
    words = text.split()
    if words[-2:] == ["et", "al."]:
        return _name(" ".join(words[:-2]))
    if _is_turned(text) and not OF_GROUPS.search(text):
        family, _comma, given = text.partition(", ")
        return Name(family, given)
    suffix = words.pop() if words[-1].lower() in SUFFIXES and len(words) > 2 else ""
    words = " ".join(words).rstrip(",").split()
    if len(words) == 1 or OF_GROUPS.search(text):
        return Name(text)
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in PARTICLES:
        start -= 1
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)


# --- For people -----------------------------------------------------------------------------------------------------


def apa(what: Work, accessed: dt.date) -> SafeString:
    """Author. (Date). *Title*. Site. Retrieved date, from URL — without author the title stands first."""
    names = [f"{name.family}, {name.initials}" if name.given else name.family for name in what.authors]
    names = [
        f"{text}, {name.suffix}" if name.suffix else text
        for text, name in zip(names, what.authors, strict=True)
    ]
    if len(names) > MOST_APA_AUTHORS:
        author = ", ".join(names[: MOST_APA_AUTHORS - 1]) + f", . . . {names[-1]}"
    else:
        author = listed(names, "&", comma_for_two=True)
    date = f"({what.date.year}, {MONTHS[what.date.month - 1]} {what.date.day})"
    made = f" [{what.made}]" if what.made else ""
    title = format_html("<em>{}</em>{}{}", what.title, made, "" if not made and ends(what.title) else ".")
    site = f"{what.site_after_author}. " if what.site_after_author else ""
    retrieved = f"Retrieved {spelled(accessed)}, from {what.url}"
    if not author:
        return format_html("{} {}. {}{}", title, date, site, retrieved)
    return format_html("{} {}. {} {}{}", stopped(author), date, title, site, retrieved)


def mla(what: Work, accessed: dt.date) -> SafeString:
    """Author. “Title.” *Site*, Publisher, date, URL. Accessed date. — an author who is the publisher is left out."""
    names = [] if what.is_group and what.authors[0].family == what.publisher else what.authors
    author = ""
    if names:
        author = names[0].inverted
        if len(names) == 2:
            author = f"{author}, and {names[1].direct}"
        elif len(names) > 2:
            author = f"{author}, et al."
    parts = (
        [what.publisher] if what.publisher != what.site and not what.site.startswith(what.publisher) else []
    )
    parts += [f"{what.date.day} {MLA_MONTHS[what.date.month - 1]} {what.date.year}", bare(what.url)]
    day = f"{accessed.day} {MLA_MONTHS[accessed.month - 1]} {accessed.year}"
    return format_html(
        "{}{} <em>{}</em>, {}. Accessed {}.{}",
        f"{stopped(author)} " if author else "",
        quoted(what.title),
        what.site,
        ", ".join(parts),
        day,
        f" {stopped(what.made)}" if what.made else "",
    )


def chicago(what: Work, accessed: dt.date) -> SafeString:
    """Author. “Title.” Site. Date. Accessed date. URL."""
    names = [what.authors[0].inverted, *(name.direct for name in what.authors[1:])] if what.authors else []
    if len(names) > MOST_CHICAGO_AUTHORS:
        author = ", ".join([*names[:7], "et al."])
    else:
        author = listed(names, "and", comma_for_two=True)
    return format_html(
        "{}{} {}{}. Accessed {}. {}.{}",
        f"{stopped(author)} " if author else "",
        quoted(what.title),
        f"{what.site_after_author}. " if what.site_after_author else "",
        spelled(what.date),
        spelled(accessed),
        what.url,
        f" {stopped(what.made)}" if what.made else "",
    )


# --- For programs ---------------------------------------------------------------------------------------------------


def bibtex(what: Work, accessed: dt.date) -> str:
    """An entry that BibTeX and biblatex read; names and title in braces, so that no style changes their letters."""
    fields = {
        "author": " and ".join(
            f"{tex(name.family)}, {', '.join(tex(part) for part in (name.suffix, name.given) if part)}"
            if name.given
            else f"{{{tex(name.family)}}}"
            for name in what.authors
        ),
        "title": f"{{{tex(what.title)}}}",
        "organization": tex(what.publisher),
        "howpublished": tex(what.site),
        "year": str(what.date.year),
        "month": MONTHS[what.date.month - 1][:3].lower(),
        "date": what.date.isoformat(),
        "url": what.url,
        "urldate": accessed.isoformat(),
        "note": tex("; ".join(part for part in (what.made, f"Accessed {spelled(accessed)}") if part)),
        "language": "english",
    }
    # A month is one of BibTeX's own words, which takes no braces; what has its own stands in quotation marks.
    written = {"month": "{}", "author": '"{}"', "title": '"{}"'}
    lines = [
        f"  {name} = {written.get(name, '{{{}}}').format(value)}," for name, value in fields.items() if value
    ]
    return "\n".join([f"@misc{{{citation_key(what)},", *lines, "}", ""])


def ris(what: Work, accessed: dt.date) -> str:
    """A record for reference managers, with the tags of a web page: https://en.wikipedia.org/wiki/RIS_(file_format)"""
    fields = [
        ("TY", "ELEC"),
        *(("AU", name.inverted) for name in what.authors),
        ("TI", what.title),
        ("T2", what.site),
        ("PB", what.publisher),
        ("PY", str(what.date.year)),
        ("DA", f"{what.date:%Y/%m/%d}/"),
        ("Y2", f"{accessed:%Y/%m/%d}/"),
        ("UR", what.url),
        ("LA", "en"),
        *([("N1", what.made)] if what.made else []),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in fields)


def citation_key(what: Work) -> str:
    """Such as lovelace2025whyis: letters and digits of ASCII."""
    who = what.authors[0].family if what.authors else what.publisher
    words = [ascii_of(word) for word in (who, *what.title.split()[:3])]
    return f"{words[0] or 'anonymous'}{what.date.year}{''.join(words[1:])}"


def tex(text: str) -> str:
    """`text` as TeX reads it: signs with a meaning of their own, and braces, are escaped."""
    return re.sub(r"[\\{}&%$#_~^\"]", lambda match: TEX[match[0]], text)


# Braces by name: BibTeX counts those behind a backslash, too.
TEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "{": r"\textbraceleft{}", "}": r"\textbraceright{}", '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}  # fmt: skip


# --- Small parts ----------------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    return " ".join(text.split())


def ascii_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", text).lower())


def ends(text: str) -> bool:
    return text.endswith((".", "?", "!", "?”", "!”", ".”"))


def stopped(text: str) -> str:
    return text if ends(text) else f"{text}."


def quoted(title: str) -> str:
    """The title in quotation marks with its full stop inside; quotation marks in it become single ones."""
    inner = re.sub(r'"([^"]*)"', r"‘\1’", title).replace("“", "‘").replace("”", "’")
    return f"“{inner if ends(inner) else f'{inner}.'}”"


def listed(names: Sequence[str], word: str, *, comma_for_two: bool) -> str:
    if len(names) < 2:
        return "".join(names)
    comma = "," if len(names) > 2 or comma_for_two else ""
    return f"{', '.join(names[:-1])}{comma} {word} {names[-1]}"


def spelled(date: dt.date) -> str:
    return f"{MONTHS[date.month - 1]} {date.day}, {date.year}"


def bare(url: str) -> str:
    """Without the scheme, which MLA leaves out."""
    return url.partition("://")[2] or url
