"""The webhook of a git host: a signed push starts one synchronisation in the background.

`X-Hub-Signature-256` is the HMAC-SHA256 of the body with SYNC_WEBHOOK_SECRET, as GitHub, Gitea and Forgejo send it:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. A signature holds for its body only,
so that a body that was acted on before is a repetition, whatever its other headers say.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from learn.models import SyncDelivery

logger = logging.getLogger(__name__)

PREFIX = "sha256="
REMEMBERED = 10_000  # deliveries; of an older one a repetition would start a run that finds nothing
_processes: list[subprocess.Popen[bytes]] = []


@login_not_required
@csrf_exempt
@never_cache
def push(request: HttpRequest) -> HttpResponse:
    """Begin a synchronisation, where the request is signed, of a push to the branch, and not a repetition.

    404 where the webhook is off, 405 for any method but POST, 413 for too much, 401 without the right signature, 400
    for a body that is no JSON; 200 where there is nothing to do; 202 where a run begins; 503 where none can.
    """
    if not settings.SYNC_WEBHOOK_SECRET or not settings.SYNC_REPOSITORY:
        raise Http404
    if request.method != "POST":
        return _say(405, "send a POST", Allow="POST")
    try:
        body = request.body
    except RequestDataTooBig:
        return _say(413, "too large")
    if not is_signed(body, request.headers.get("X-Hub-Signature-256", "")):
        return _say(401, "the signature is not that of this body and secret")
    try:
        ref = _ref(body, request.content_type or "")
    except ValueError:
        return _say(400, "the body is neither JSON nor a form with JSON in `payload`")
    if ref != f"refs/heads/{settings.SYNC_BRANCH}":
        return _say(200, "not a push to the branch: nothing to do")
    try:
        with transaction.atomic():
            delivery = SyncDelivery.objects.create(digest=hashlib.sha256(body).hexdigest())
    except IntegrityError:
        return _say(200, "this delivery was acted on before: nothing to do")
    if not start():
        delivery.delete()  # so that it may be sent again
        return _say(503, "no process could be begun")
    _forget_old(delivery)
    return _say(202, "a synchronisation begins")


def is_signed(body: bytes, signature: str) -> bool:
    """Whether `signature` is that of the body. Compared in constant time."""
    expected = hmac.new(settings.SYNC_WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"{PREFIX}{expected}".encode(), signature.encode())


def start() -> bool:
    """Begin a process that synchronises as the variables say, after one that is under way; False where none can be."""
    _processes[:] = [process for process in _processes if process.poll() is None]  # reaps those that ended
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "sync_articles", "--wait", "-v0"]
    try:
        process = subprocess.Popen(  # noqa: S603 our own program, no word of a visitor in it
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
    except OSError:
        logger.exception("no synchronisation could be begun")
        return False
    _processes.append(process)
    return True


def _ref(body: bytes, content_type: str) -> str:
    """The ref that was pushed to; empty for another event, such as GitHub's ping. ValueError for what is no JSON."""
    text = body.decode()
    if content_type == "application/x-www-form-urlencoded":
        (text,) = parse_qs(text, strict_parsing=True).get("payload", [""])
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError("no object")  # noqa: TRY004 as of everything else that is no JSON of a webhook
    return str(said.get("ref", ""))


def _forget_old(newest: SyncDelivery) -> None:
    SyncDelivery.objects.filter(pk__lte=newest.pk - REMEMBERED).delete()


def _say(status: int, text: str, **headers: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
