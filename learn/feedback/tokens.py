"""What makes a form of ours known without a cookie: a signed token that expires, and counts once.

The form's page is made for each who asks, and is kept by no cache; the article's page holds no token.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import NamedTuple

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.utils import timezone

from learn.identity import row_key

VALID_FOR = dt.timedelta(hours=12)
LONGEST = 200  # characters of a token


class TokenError(Exception):
    """A token that is not, or no longer, one of ours for this article; the text is for whoever sent it."""


class Token(NamedTuple):
    """Which version of which article the form was opened for, and what tells this form from all others."""

    article: int
    version: int
    nonce: str

    @property
    def until(self) -> dt.datetime:
        """From when on it would be refused anyway."""
        return timezone.now() + VALID_FOR


def issue(article: int, version: int) -> str:
    return _signer().sign(f"{article}.{version}.{secrets.token_urlsafe(12)}")


def read(text: str, article: int) -> Token:
    """The token in `text`, made for this article. Raises TokenError."""
    try:
        value = _signer().unsign(text[:LONGEST], max_age=VALID_FOR)
    except SignatureExpired:
        raise TokenError("This form was open for more than twelve hours.") from None
    except (BadSignature, ValueError):
        raise TokenError("This form did not come from here as it is.") from None
    key, version, nonce = value.split(".", 2)
    if row_key(key) != article:
        raise TokenError("This form belongs to another question.")
    return Token(article, int(version), nonce)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="learn.feedback.tokens")
