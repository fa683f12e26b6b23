"""Mail to editors: links lead to SITE_URL, whatever host was asked for, and nobody waits for a mail server."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.transaction import on_commit
from django.urls import reverse

logger = logging.getLogger(__name__)
SUBJECT_MAX_LENGTH = 120
# One at a time, in the order in which they were written. How long one takes tells nobody whether it was sent.
_queue = ThreadPoolExecutor(1, thread_name_prefix="mail")


def link(name: str, *args: object) -> str:
    """The absolute address of the page `name` of the admin."""
    return f"{settings.SITE_URL}{reverse(f'admin:{name}', args=args)}"


def write(to: str, subject: str, lines: list[str], *, unsubscribe: str = "") -> EmailMessage:
    """A mail of plain text; `unsubscribe` is the address that a mail program may ask for to get no more of the kind.

    https://www.rfc-editor.org/rfc/rfc8058
    """
    headers = {"Auto-Submitted": "auto-generated"}
    if unsubscribe:
        lines = [*lines, "", f"No more mails of this kind: {unsubscribe}"]
        headers |= {
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    told = " ".join(f"{settings.SITE_NAME}: {subject}".split())  # no line breaks: each would be a header
    if len(told) > SUBJECT_MAX_LENGTH:
        told = f"{told[: SUBJECT_MAX_LENGTH - 1]}…"
    return EmailMessage(told, "\n".join(lines) + "\n", to=[to], headers=headers)


def send(*messages: EmailMessage) -> None:
    """Send them once the transaction is done, from a thread of their own; what cannot be sent is in the log."""
    if settings.SENDS_MAIL and messages:
        on_commit(lambda: _queue.submit(_send, list(messages)))


def _send(messages: list[EmailMessage]) -> None:
    for message in messages:
        try:
            message.send()
        # A server that is away, a name that is wrong: the site goes on. What the error says may hold the address.
        except Exception as error:  # noqa: BLE001
            logger.error("a mail could not be sent (%s); see EMAIL_URL", type(error).__name__)  # noqa: TRY400
