"""Guessing passwords: from one address, from many, with made-up ones; and nobody who may come in is kept out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from learn import limits
from learn.limits import UNKNOWN, BusyError, Gate, client_address
from quicktakes.accounts.models import LoginAttempts, LoginSession
from quicktakes.login import DEVICE_COOKIE
from tests.admin.conftest import PASSPHRASE, logged_in, make_user
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


@pytest.fixture
def editor() -> User:
    return make_user("edna", "Editor")


def guess(
    password: str = "wrong",  # noqa: S107
    *,
    client: Client | None = None,
    name: str = "edna",
    **meta: str,
) -> int:
    data = {"username": name, "password": password, "next": "/admin/"}
    return (client or Client()).post(LOGIN, data, **meta).status_code


# --- The address ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "count", "networks", "address"),
    [
        ("198.51.100.7", "", 0, (), "198.51.100.7"),
        ("198.51.100.7", "1.2.3.4", 0, (), "198.51.100.7"),  # the visitor's own word
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", 1, (), "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", 2, (), "203.0.113.9"),
        ("", "1.2.3.4, 203.0.113.9", 1, (), "203.0.113.9"),  # a Unix socket
        ("", "", 1, (), UNKNOWN),
        ("", "nonsense", 1, (), UNKNOWN),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", 0, ("10.0.0.0/8",), "203.0.113.9"),
        ("198.51.100.7", "1.2.3.4", 0, ("10.0.0.0/8",), "198.51.100.7"),  # not through our proxy
        ("", "1.2.3.4, 203.0.113.9", 0, ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", 1, (), "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:1:2:aaaa::1]:4711", 1, (), "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "", 0, (), "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "", 0, (), "203.0.113.9"),
        ("fe80::1%eth0", "", 0, (), "fe80::"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(
    rf: RequestFactory,
    settings: Settings,
    peer: str,
    forwarded: str,
    count: int,
    networks: tuple[str, ...],
    address: str,
) -> None:
    import ipaddress  # noqa: PLC0415

    settings.TRUSTED_PROXY_COUNT = count
    settings.TRUSTED_PROXIES = [ipaddress.ip_network(network) for network in networks]
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(rf.get("/", REMOTE_ADDR=peer, **headers)) == address


@pytest.mark.parametrize(
    ("names", "is_refused"),
    [
        ({"BIND": "unix:/run/learn/socket"}, True),
        ({"BIND": "unix:/run/learn/socket", "TRUSTED_PROXY_COUNT": "1"}, False),
        ({"BIND": "unix:/run/learn/socket", "TRUSTED_PROXIES": "10.0.0.0/8,::1/128"}, False),
        ({"TRUST_PROXY_HEADERS": "true"}, True),
        ({"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_COUNT": "0"}, False),
        ({}, False),
    ],
)
@pytest.mark.slow
def test_the_site_does_not_start_where_addresses_can_be_made_up(
    names: dict[str, str], is_refused: bool, tmp_path: Path
) -> None:
    env = {
        **os.environ,
        "SECRET_KEY": "signs nothing but what this test makes, and then ends",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db",
        **names,
    }
    done = subprocess.run(
        [sys.executable, "-c", "from quicktakes import settings"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("TRUSTED_PROXY_COUNT" in done.stderr) is is_refused
    assert bool(done.returncode) is is_refused


# --- Guessing ---------------------------------------------------------------------------------------------------


def test_behind_a_socket_thirty_wrong_passwords_lock(editor: User, settings: Settings) -> None:
    """REMOTE_ADDR is empty there: the address is what the proxy wrote, or that of nobody."""
    settings.TRUSTED_PROXY_COUNT = 1
    for _ in range(30):
        guess(REMOTE_ADDR="")
    assert guess(PASSPHRASE, REMOTE_ADDR="") == 429
    assert guess(PASSPHRASE, REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="203.0.113.9") == 302


def test_invented_addresses_are_one_visitor(editor: User, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(6):
        guess(HTTP_X_FORWARDED_FOR=f"10.9.8.{number}, 203.0.113.9")
    assert guess(PASSPHRASE, HTTP_X_FORWARDED_FOR="10.9.8.99, 203.0.113.9") == 429


def test_a_whole_ipv6_network_is_one_visitor(editor: User) -> None:
    for number in range(6):
        guess(REMOTE_ADDR=f"2001:db8:1:2::{number:x}")
    assert guess(PASSPHRASE, REMOTE_ADDR="2001:db8:1:2:ffff::1") == 429
    assert guess(PASSPHRASE, REMOTE_ADDR="2001:db8:1:3::1") == 302


def test_many_addresses_make_at_most_a_hundred_guesses_an_hour(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.backends import ModelBackend  # noqa: PLC0415

    checked = []
    real = ModelBackend.authenticate
    monkeypatch.setattr(
        ModelBackend, "authenticate", lambda *args, **kwargs: checked.append(1) or real(*args, **kwargs)
    )
    answers = [guess(REMOTE_ADDR=f"203.0.113.{number % 200}") for number in range(130)]
    assert len(checked) == 100
    assert answers[:100] == [200] * 100
    assert set(answers[100:]) == {429}
    assert guess(PASSPHRASE, REMOTE_ADDR="198.51.100.1") == 429
    assert guess(PASSPHRASE, name="somebody", REMOTE_ADDR="198.51.100.1") == 200  # others are not touched


def test_the_hour_ends(editor: User) -> None:
    import datetime as dt  # noqa: PLC0415

    for number in range(101):
        guess(REMOTE_ADDR=f"203.0.113.{number}")
    assert guess(PASSPHRASE, REMOTE_ADDR="198.51.100.1") == 429
    for row in LoginAttempts.objects.all():
        LoginAttempts.objects.filter(pk=row.pk).update(since=row.since - dt.timedelta(minutes=80))
    limits.memory.clear()  # it forgets within half a minute, too
    assert guess(PASSPHRASE, REMOTE_ADDR="198.51.100.1") == 302


def test_strangers_cannot_lock_an_editor_out_of_a_known_browser(editor: User) -> None:
    known = Client(REMOTE_ADDR="198.51.100.1")
    assert guess(PASSPHRASE, client=known) == 302
    known.post("/admin/logout/")
    for number in range(120):
        guess(REMOTE_ADDR=f"203.0.113.{number}")
    for _ in range(8):
        guess(REMOTE_ADDR="198.51.100.1")  # a stranger in the same office
    assert guess(PASSPHRASE, REMOTE_ADDR="198.51.100.1") == 429
    assert guess(PASSPHRASE, client=known) == 302


def test_a_known_browser_has_a_budget_too_and_is_known_to_its_own_account_alone(editor: User) -> None:
    make_user("paul", "Publisher")
    known = Client(REMOTE_ADDR="198.51.100.1")
    guess(PASSPHRASE, client=known)
    known.post("/admin/logout/")
    answers = [guess(client=known) for _ in range(25)]
    assert answers[:19] == [200] * 19
    assert answers[20:] == [429] * 5
    answers = [guess(client=known, name="paul") for _ in range(7)]
    assert answers[-1] == 429  # a stranger there, whom axes stops after five


def test_a_forged_device_is_a_stranger(editor: User) -> None:
    client = Client()
    for value in ("", "x", "eyJpZCI6ICJ4In0:1:x", "\x00", "a" * 4000):
        client.cookies[DEVICE_COOKIE] = value
        assert guess(client=client, REMOTE_ADDR="203.0.113.1") in (200, 429)
    cookie = Client()
    guess(PASSPHRASE, client=cookie)
    value = cookie.cookies[DEVICE_COOKIE]
    assert (value["httponly"], value["samesite"], value["path"]) == (True, "Lax", "/admin/")
    assert "edna" not in value.value


@pytest.mark.usefixtures("limited")
def test_one_address_may_try_ten_times_a_minute(editor: User) -> None:
    answers = [guess(name=f"name-{number}", REMOTE_ADDR="203.0.113.5") for number in range(15)]
    assert 429 not in answers[:9]
    assert answers[-1] == 429
    assert LoginAttempts.objects.count() <= 10  # nothing was written for the others
    assert guess(PASSPHRASE, REMOTE_ADDR="198.51.100.1") == 302


@pytest.mark.usefixtures("limited")
def test_a_stranger_in_the_same_office_does_not_keep_a_known_browser_out(editor: User) -> None:
    known = Client(REMOTE_ADDR="203.0.113.5")
    assert guess(PASSPHRASE, client=known) == 302
    known.post("/admin/logout/")
    for number in range(15):
        guess(name=f"name-{number}", REMOTE_ADDR="203.0.113.5")
    assert guess(PASSPHRASE, REMOTE_ADDR="203.0.113.5") == 429
    assert guess(PASSPHRASE, client=known) == 302


# --- What a check costs -----------------------------------------------------------------------------------------


def test_at_most_two_passwords_are_checked_at_once() -> None:
    gate = Gate(at_once=2, waiting=1, patience=5)
    inside, most, refused, lock = 0, 0, 0, threading.Lock()
    go_on = threading.Event()

    def check() -> None:
        nonlocal inside, most, refused
        try:
            with gate.entered():
                with lock:
                    inside += 1
                    most = max(most, inside)
                go_on.wait(10)
                with lock:
                    inside -= 1
        except BusyError:
            with lock:
                refused += 1
                if refused == 5:
                    go_on.set()

    threads = [threading.Thread(target=check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (most, refused, inside) == (2, 5, 0)


def test_who_finds_the_gate_full_is_told_to_come_again(editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(at_once=1, waiting=0, patience=0.01)
    monkeypatch.setattr("quicktakes.login.password_checks", gate)
    data = {"username": "edna", "password": PASSPHRASE}
    known = Client()
    assert known.post(LOGIN, data).status_code == 302
    known.post("/admin/logout/")
    with gate.entered():
        assert known.post(LOGIN, data).status_code == 302  # no stranger takes its turn
        answer = Client().post(LOGIN, data)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert "few seconds" in answer.text
    assert Client().post(LOGIN, data).status_code == 302


def test_passwords_are_kept_with_argon2_and_old_ones_become_so(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [
        "quicktakes.login.Argon2Hasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    encoded = make_password(PASSPHRASE)
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSPHRASE, encoded)
    user = make_user("anna")
    user.password = make_password(PASSPHRASE, hasher="pbkdf2_sha256")
    user.save()
    request = RequestFactory().post(LOGIN)
    assert authenticate(request, username="anna", password=PASSPHRASE) == user
    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "argon2"


# --- Which passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "short-1x", "elevenchars", "password1234", "Password2024!", "P@ssw0rd2024", "123456789012", "qwertyuiop[]",
        "qwertyuiopas", "abcdefghijkl", "aaaaaaaaaaaa", "abcabcabcabc", "dragondragon", "letmein-letmein",
        "!!iloveyou!!", "football-2024", "edna-edna-1234", "lkjhgfdsapoi",
    ],
)  # fmt: skip
def test_passwords_that_guessers_try_first_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, get_user_model()(username="edna-edna"))


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "Tn4-vb81-qqxz", "Regen am Samstag im Mai"]
)
def test_others_are_taken(password: str) -> None:
    validate_password(password, get_user_model()(username="edna"))


# --- Sessions ---------------------------------------------------------------------------------------------------


def test_an_idle_session_ends(editor: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    client = logged_in(editor)
    assert client.get("/admin/").status_code == 200
    now = time.time()
    for minutes in (20, 40):  # each within the half hour of the one before
        monkeypatch.setattr(time, "time", lambda minutes=minutes: now + minutes * 60)
        assert client.get("/admin/").status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + (40 + 31) * 60)
    assert client.get("/admin/").status_code == 302
    monkeypatch.setattr(time, "time", lambda: now + 41 * 60)
    assert client.get("/admin/").status_code == 302  # it is gone, not asleep


def test_everybody_sees_their_own_sessions_and_ends_them(editor: User) -> None:
    here, there = logged_in(editor), logged_in(editor)
    other = logged_in(make_user("paul", "Publisher"))
    there.get("/admin/", headers={"user-agent": "Phone"})
    page = here.get("/admin/sessions/")
    assert page.text.count("<tr>") == 3
    assert "This one" in page.text
    foreign = LoginSession.objects.get(user__username="paul")
    here.post("/admin/sessions/", {"session": str(foreign.pk)})
    assert other.get("/admin/").status_code == 200
    mine = LoginSession.objects.filter(user=editor).exclude(session_key=here.session.session_key).get()
    here.post("/admin/sessions/", {"session": str(mine.pk)})
    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200
    for odd in ("", "²", "9" * 30, "-1", "\0"):
        assert here.post("/admin/sessions/", {"session": odd}).status_code == 302
    logged_in(editor)
    here.post("/admin/sessions/", {"session": "others"})
    assert LoginSession.objects.filter(user=editor).count() == 1
    here.post("/admin/logout/")
    assert not LoginSession.objects.filter(user=editor).exists()


def test_a_change_of_the_password_ends_the_other_sessions(editor: User) -> None:
    here, there = logged_in(editor), logged_in(editor)
    new = "another horse battery staple"
    data = {"old_password": PASSPHRASE, "new_password1": new, "new_password2": new}
    assert here.post("/admin/password_change/", data).status_code == 302
    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/sessions/").text.count("This one") == 1
    assert Session.objects.filter(session_key=here.session.session_key).exists()


def test_nothing_of_a_visitor_is_kept_in_the_counts(settings: Settings) -> None:
    settings.RATE_LIMITS = True
    limits.memory.clear()
    limits.use("search", "203.0.113.77")
    assert "203.0.113.77" not in repr(limits.memory._counts)


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")
@pytest.mark.parametrize("niceness", [0, 12])
def test_passwords_are_checked_at_any_priority_and_where_none_may_be_set(niceness: int) -> None:
    """As an account that may raise no priority: that of a service, with or without Nice=."""
    program = (
        "import os, threading; import django; django.setup()\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from quicktakes import login\n"
        f"os.nice({niceness}); before = os.getpriority(os.PRIO_PROCESS, 0)\n"
        "os.getuid() or os.setuid(65534)\n"
        "asked = lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())\n"
        "pool = lambda: ThreadPoolExecutor(1, initializer=login._lower_priority)\n"
        "assert pool().submit(asked).result() == min(19, before + login.NICENESS)\n"
        "def refused(*_): raise PermissionError\n"
        "os.setpriority = refused\n"
        "assert pool().submit(asked).result() == before\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
