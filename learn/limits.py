"""How often one address may ask for what is dear, and who is asking.

Counts are kept in the shared cache (CACHE_URL), where there is one, and otherwise in the memory of each process. They
are filed under a hash of the address with a key of this site, and forgotten with their minute: nothing here tells later
who was here. Reading pages is never counted.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import math
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

logger = logging.getLogger(__name__)

UNKNOWN = "::"  # who came without an address; all of them count as one
IPV6_PREFIX = 64  # a household or a server has a whole /64, and changes within it at will
PAUSE = 10.0  # seconds that a shared cache which does not answer is left alone
SEARCH = "/learn/search"  # where addresses of searches begin
OPENED = "/learn/search/opened"  # told of by many pages at once, and answered without a query
IS_CROWDED = (
    "learn.is_crowded"  # in the environment of a request for which the server had no place (quicktakes.wsgi)
)
UNITS = {"s": 1, "m": 60, "h": 3600}


class Rate(NamedTuple):
    """At most `most` in any `seconds` that begin at a multiple of `seconds`."""

    most: int
    seconds: int


def parse_rate(text: str) -> Rate | None:
    """The rate in "120/m" (s, m, h); None for "off". Raises ValueError for anything else."""
    if text == "off":
        return None
    match = re.fullmatch(r"([1-9]\d{0,6})/([smh])", text)
    if not match:
        raise ValueError("write a number and s, m or h, such as 120/m, or off")
    return Rate(int(match[1]), UNITS[match[2]])


# --- Who is asking ------------------------------------------------------------------------------------------------


def client_address(request: HttpRequest) -> str:
    """The address that a visitor's requests are counted under: of IPv6 its /64, UNKNOWN where there is none.

    X-Forwarded-For is believed as far as our own proxies wrote it: its last TRUSTED_PROXY_COUNT entries, or all behind
    the last address that is in none of the networks TRUSTED_PROXIES. All before is the visitor's own word.
    """
    peer = request.META.get("REMOTE_ADDR") or ""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if not forwarded.strip():
        return _counted(peer)
    chain = [part.strip() for part in forwarded.split(",")]
    networks = settings.TRUSTED_PROXIES
    if networks:
        hops = [*chain, peer]
        # A Unix socket has no address: who may open it is ours.
        while len(hops) > 1 and (not hops[-1] or _is_in(hops[-1], networks)):
            hops.pop()
        return _counted(hops[-1])
    count = trusted_proxy_count()
    if count == 0:
        return _counted(peer)
    return _counted(chain[-count] if len(chain) >= count else chain[0])


def trusted_proxy_count() -> int:
    if settings.TRUSTED_PROXY_COUNT is None:
        return 1 if settings.TRUST_PROXY_HEADERS else 0
    return int(settings.TRUSTED_PROXY_COUNT)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as proxies write it: bare, with a port, in brackets, with a zone; IPv4 in IPv6 is IPv4."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _is_in(text: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in networks)


def _counted(text: str) -> str:
    address = _parsed(text)
    if address is None:
        return UNKNOWN
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(address)


# --- How often ----------------------------------------------------------------------------------------------------


class Memory:
    """Counts that end with their time, at most `room` of them: when full, the oldest half goes."""

    def __init__(self, room: int = 50_000) -> None:
        self.room = room
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def add(self, key: str, seconds: int) -> int:
        now = time.monotonic()
        with self._lock:
            count, ends = self._counts.get(key, (0, now + seconds))
            if ends <= now:
                count, ends = 0, now + seconds
            self._counts[key] = (count + 1, ends)
            if len(self._counts) > self.room:
                alive = {key: value for key, value in self._counts.items() if value[1] > now}
                surplus = max(0, len(alive) - self.room // 2)
                self._counts = dict(list(alive.items())[surplus:])
            return count + 1

    def count(self, key: str) -> int:
        """How often `key` was added within its time."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > time.monotonic() else 0

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


class Use(NamedTuple):
    """One more of something: how many it is in its time, how many may be, and when to come again (seconds)."""

    number: int
    limit: int
    retry_after: int

    @property
    def is_too_much(self) -> bool:
        return self.limit > 0 and self.number > self.limit


NO_LIMIT = Use(0, 0, 0)
memory = Memory()
_paused_until = 0.0  # of the shared cache, by time.monotonic


def use(kind: str, who: str) -> Use:
    """Count one more of `kind` (a key of settings.LIMITS) for `who`, such as an address."""
    limits: dict[str, Rate | None] = settings.LIMITS
    rate = limits.get(kind) if settings.RATE_LIMITS else None
    if rate is None:
        return NO_LIMIT
    now = time.time()
    window = int(now // rate.seconds)
    key = f"limit:{kind}:{_hash(f'{kind} {who} {window}')}"
    retry_after = max(1, math.ceil((window + 1) * rate.seconds - now))
    return Use(_add(key, rate.seconds), rate.most, retry_after)


def _hash(text: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(errors="replace"), "sha256").hex()[:32]


def _add(key: str, seconds: int) -> int:
    global _paused_until  # noqa: PLW0603 one cache per process
    if "redis" in settings.CACHES["default"]["BACKEND"].lower() and time.monotonic() >= _paused_until:
        try:
            cache.add(key, 0, timeout=seconds + 1)
            return int(cache.incr(key))
        except Exception:  # noqa: BLE001 away, or somebody wrote nonsense there: whatever it is, readers go on
            _paused_until = time.monotonic() + PAUSE
            logger.warning("the cache at CACHE_URL does not count; this process does, for %s seconds", PAUSE)
    return memory.add(key, seconds)


# --- How many at once ---------------------------------------------------------------------------------------------


class BusyError(Exception):
    """No turn came in time; `retry_after` in seconds."""

    retry_after = 5


class Gate:
    """Lets `at_once` through; `waiting` more wait for their turn, up to `patience` seconds. The others go at once."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self.patience = patience
        self._turns = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Raises BusyError."""
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            if not self._turns.acquire(timeout=self.patience):
                raise BusyError
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()


# A check takes 45 ms of a core on purpose. Of the four threads of a process two may be at it: one for strangers, who
# come in any number and are turned away soon, and one for browsers that an account knows, whose turn comes anyway.
password_checks = Gate(at_once=1, waiting=1, patience=0.5)
known_password_checks = Gate(at_once=1, waiting=2, patience=5)
