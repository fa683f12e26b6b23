"""Decks for Anki (.apkg) and as a table (.csv), written card by card: memory does not grow with the subject.

genanki keeps all notes in memory until it writes them. The format is a zip of an SQLite database, the files of pictures
by numbers, and a list of their names: https://github.com/ankidroid/Anki-Android/wiki/Database-Structure
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from learn.db.rows import batched
from learn.media import store
from learn.seo.images import full

from .cards import Card

MODEL = 1_764_280_001  # of every deck of ours: Anki knows the kind of note by it again
FIRST_ID = (
    1_600_000_000_000  # Anki's keys are moments in milliseconds; ours are the article's own, behind this one
)
DAY_ZERO = 1_577_836_800  # 2020, from which Anki counts days
ZIP_DATE = (2020, 1, 1, 0, 0, 0)  # so that one deck always gives one file
_TAG = re.compile(r"<[^>]+>")

CSS = """
.card { font: 18px/1.6 system-ui, sans-serif; max-width: 40em; margin: 0 auto; padding: 1em; text-align: start; }
.question { font-size: 1.25em; font-weight: 600; }
.source { font-size: 0.8em; opacity: 0.7; }
table { border-collapse: collapse; } th, td { border: 1px solid #8888; padding: 0.3em 0.6em; }
img { max-width: 100%; height: auto; } .plate img { background: #f6f5f0; } figure { margin: 0; } figcaption { font-size: 0.85em; opacity: 0.8; }
pre { overflow-x: auto; padding: 0.6em; background: #8882; } blockquote { border-inline-start: 3px solid #8888; padding-inline-start: 1em; }
"""  # noqa: E501 a style sheet
FRONT = '<div class="question">{{Question}}</div>'
BACK = '{{FrontSide}}<hr id="answer">{{Answer}}<p class="source"><a href="{{Source}}">{{Source}}</a></p>'
FIELDS = ("Question", "Answer", "Source")
# What Anki reads of a table's first lines: https://docs.ankiweb.net/importing/text-files.html#file-headers
CSV_HEAD = "#separator:Comma\n#html:true\n#tags column:4\n#columns:question,answer,source,tags\n"

SCHEMA = """
CREATE TABLE col (id integer primary key, crt integer not null, mod integer not null, scm integer not null,
    ver integer not null, dty integer not null, usn integer not null, ls integer not null, conf text not null,
    models text not null, decks text not null, dconf text not null, tags text not null);
CREATE TABLE notes (id integer primary key, guid text not null, mid integer not null, mod integer not null,
    usn integer not null, tags text not null, flds text not null, sfld integer not null, csum integer not null,
    flags integer not null, data text not null);
CREATE TABLE cards (id integer primary key, nid integer not null, did integer not null, ord integer not null,
    mod integer not null, usn integer not null, type integer not null, queue integer not null, due integer not null,
    ivl integer not null, factor integer not null, reps integer not null, lapses integer not null,
    left integer not null, odue integer not null, odid integer not null, flags integer not null, data text not null);
CREATE TABLE revlog (id integer primary key, cid integer not null, usn integer not null, ease integer not null,
    ivl integer not null, lastIvl integer not null, factor integer not null, time integer not null,
    type integer not null);
CREATE TABLE graves (usn integer not null, oid integer not null, type integer not null);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_cid ON revlog (cid);
CREATE INDEX ix_notes_csum ON notes (csum);
"""


def write_apkg(target: Path, title: str, cards: Iterable[Card]) -> int:
    """Write the deck named `title` to the file `target`; return the number of its cards."""
    deck = 1_000_000_000 + int(hashlib.sha256(title.encode()).hexdigest()[:8], 16)
    count = 0
    names: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection.anki2"
        rows = sqlite3.connect(path, isolation_level=None)
        try:
            rows.execute("PRAGMA journal_mode=OFF")  # a file that fails is thrown away
            rows.executescript(SCHEMA)
            rows.execute("BEGIN")
            rows.execute(
                "INSERT INTO col VALUES (1, ?, ?, ?, 11, 0, 0, 0, ?, ?, ?, ?, '{}')", _collection(deck, title)
            )
            for batch in batched(cards):
                rows.executemany(
                    "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, ?, 0, '')",
                    (_note(with_own_pictures(card, names)) for card in batch),
                )
                rows.executemany(
                    "INSERT INTO cards VALUES (?, ?, ?, 0, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')",
                    [
                        (FIRST_ID + card.number, FIRST_ID + card.number, deck, _seconds(card), count + place)
                        for place, card in enumerate(batch, start=1)
                    ],
                )
                count += len(batch)
            rows.execute("COMMIT")
        finally:
            rows.close()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            with path.open("rb") as database, package.open(_entry("collection.anki2"), "w") as entry:
                while piece := database.read(1 << 20):
                    entry.write(piece)
            media: dict[str, str] = {}
            for name in names:
                if data := _picture(name):
                    package.writestr(_entry(str(len(media))), data)
                    media[str(len(media))] = name
            package.writestr(_entry("media"), json.dumps(media))
    return count


def with_own_pictures(card: Card, names: dict[str, None]) -> Card:
    """The card with its pictures by the names that they have in the deck, which are added to `names`."""
    if "<img " not in card.answer:
        return card

    def own(match: re.Match[str]) -> str:
        if _picture(match[1]) is None:
            return match[0]
        names[match[1]] = None
        return f'src="{match[1]}"'

    start = re.escape(full(settings.MEDIA_URL))
    return replace(card, answer=re.sub(rf'src="{start}([0-9a-z.-]+)"', own, card.answer))


def _picture(name: str) -> bytes | None:
    try:
        return store.read(f"{store.SHOWN}{name}")
    except store.StoreError:
        return None  # the deck then names it where the site shows it


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _seconds(card: Card) -> int:
    return int(card.modified_at.timestamp())


def _note(card: Card) -> tuple[Any, ...]:
    values = (card.question, card.answer, card.url)
    # Anki finds the same question in another deck by the first 32 bits of SHA-1, of the text without markup.
    plain = html.unescape(_TAG.sub("", card.question))
    checksum = int(hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    fields = "\x1f".join(value.replace("\x1f", " ") for value in values)
    return (
        FIRST_ID + card.number,
        card.guid,
        MODEL,
        _seconds(card),
        f" {card.subject} ",
        fields,
        plain,
        checksum,
    )


def _collection(deck: int, title: str) -> tuple[Any, ...]:
    """The columns of the one row of `col`: times, configuration, the kind of note, the decks, their options."""
    today = {"lrnToday": [0, 0], "newToday": [0, 0], "revToday": [0, 0], "timeToday": [0, 0]}
    plain: dict[str, Any] = {
        **today, "collapsed": False, "browserCollapsed": False, "conf": 1, "desc": "", "dyn": 0, "extendNew": 10,
        "extendRev": 50, "mod": DAY_ZERO, "usn": -1,
    }  # fmt: skip
    decks = {"1": {**plain, "id": 1, "name": "Default"}, str(deck): {**plain, "id": deck, "name": title}}
    model = {
        "id": MODEL, "name": "QuickTakes question", "type": 0, "mod": DAY_ZERO, "usn": -1, "sortf": 0, "did": deck,
        "css": CSS, "latexPre": "", "latexPost": "", "latexsvg": False, "req": [[0, "any", [0]]], "tags": [],
        "vers": [],
        "flds": [
            {"name": name, "ord": place, "font": "Arial", "size": 20, "media": [], "rtl": False, "sticky": False}
            for place, name in enumerate(FIELDS)
        ],
        "tmpls": [
            {"name": "Card", "ord": 0, "qfmt": FRONT, "afmt": BACK, "bafmt": "", "bqfmt": "", "did": None,
             "bfont": "", "bsize": 0}
        ],
    }  # fmt: skip
    options = {
        "id": 1, "name": "Default", "mod": 0, "usn": 0, "maxTaken": 60, "autoplay": True, "timer": 0, "replayq": True,
        "new": {"bury": True, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 7], "order": 1, "perDay": 20,
                "separate": True},
        "rev": {"bury": True, "ease4": 1.3, "fuzz": 0.05, "ivlFct": 1, "maxIvl": 36500, "minSpace": 1, "perDay": 100},
        "lapse": {"delays": [10], "leechAction": 0, "leechFails": 8, "minInt": 1, "mult": 0},
    }  # fmt: skip
    conf = {
        "activeDecks": [1], "addToCur": True, "collapseTime": 1200, "curDeck": 1, "curModel": str(MODEL),
        "dueCounts": True, "estTimes": True, "newBury": True, "newSpread": 0, "nextPos": 1, "sortBackwards": False,
        "sortType": "noteFld", "timeLim": 0,
    }  # fmt: skip
    texts = [json.dumps(value) for value in (conf, {str(MODEL): model}, decks, {"1": options})]
    return DAY_ZERO, DAY_ZERO * 1_000, DAY_ZERO * 1_000, *texts


def csv_lines(cards: Iterable[Card]) -> Iterator[str]:
    """The deck as a table: question and answer as HTML, the address, the subject."""
    yield CSV_HEAD
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    for card in cards:
        table.writerow([_harmless(card.question), _harmless(card.answer), card.url, card.subject])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _harmless(text: str) -> str:
    """A program for tables takes what begins with one of these for a formula of its own; as HTML it says the same."""
    return f"&#{ord(text[0])};{text[1:]}" if text[:1] in ("=", "+", "-", "@", "#", "\t", "\r") else text
