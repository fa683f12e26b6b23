"""The proxies of deploy/, each a real one: what they pass on, what they set themselves, and where they draw a line."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.deploy.echo import echoing
from tests.sites import Samples, free_address, running_site

DEPLOY = ROOT / "deploy"
HOST = "learn.example.org"
FORGED = {
    "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "gopher", "X-Request-ID": "forged", "X-Real-IP": "6.6.6.6",
    "X-Forwarded-Host": "evil.example", "Forwarded": "for=6.6.6.6;proto=gopher",
}  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no proxy was tried with TLS")
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem", "-days", "2",
            "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


class Proxy:
    """A proxy at a port of this machine, asked as the host of the site."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self.port = port
        self.context = context

    def ask(
        self, method: str, path: str, body: bytes | None = None, host: str = HOST, **headers: str
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as plain:
            wrapped = self.context.wrap_socket(plain, server_hostname=host) if self.context else plain
            connection = http.client.HTTPConnection(host)
            connection.sock = wrapped
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.status, response.read(), response.headers
            connection.close()
            return answer


@contextmanager
def nginx(folder: Path, upstream: str, certificate: Path) -> Iterator[Proxy]:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: deploy/nginx.conf was not tried")
    plain, encrypted = free_address(), free_address()
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"listen 80\b", f"listen {plain}", text)
    text = re.sub(r"listen 443\b", f"listen {encrypted}", text)
    text = text.replace("server 127.0.0.1:8000;", f"server {upstream};")
    text = text.replace(f"/etc/letsencrypt/live/{HOST}", str(certificate))
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (folder / name).mkdir()
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{path};"
        for name, path in {
            "client_body": "body",
            "proxy": "proxy",
            "fastcgi": "fastcgi",
            "uwsgi": "uwsgi",
            "scgi": "scgi",
        }.items()
    )
    main = folder / "nginx.conf"
    # Its processes would else be nobody's, who may not write into this folder.
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user} daemon off; pid {folder}/pid; worker_processes 1; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 256; }}\nhttp {{ access_log off;\n{temporary}\n{text}\n}}\n"
    )
    command = ["nginx", "-p", str(folder), "-c", str(main), "-e", str(folder / "error.log")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr
    with started(command, encrypted):
        yield Proxy(int(encrypted.rpartition(":")[2]), trusting(certificate))


@contextmanager
def started(command: list[str], address: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        host, _colon, port = address.rpartition(":")
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None
            try:
                socket.create_connection((host, int(port)), timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))


@contextmanager
def caddy(folder: Path, upstream: str) -> Iterator[Proxy]:
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed: deploy/Caddyfile was not tried")
    address = free_address()
    text = (DEPLOY / "Caddyfile").read_text()
    text = re.sub(r"^\{$", "{\n\tadmin off\n\tdefault_bind 127.0.0.1", text, count=1, flags=re.MULTILINE)
    path = folder / "Caddyfile"
    path.write_text(text)
    variables = {
        # By http: Caddy would ask an authority for a certificate otherwise.
        "SITE_URL": f"http://{HOST}:{address.rpartition(':')[2]}",
        "UPSTREAM": upstream, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
    }  # fmt: skip
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]
    with started(command, address, **variables):
        yield Proxy(int(address.rpartition(":")[2]), None)


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, tmp_path: Path, certificate: Path) -> Iterator[Proxy]:
    """Each proxy in front of a server that tells what it was sent."""
    with echoing() as port:
        upstream = f"127.0.0.1:{port}"
        running = (
            nginx(tmp_path, upstream, certificate) if request.param == "nginx" else caddy(tmp_path, upstream)
        )
        with running as started_proxy:
            yield started_proxy


def test_the_forwarded_headers_are_the_proxys_own(proxy: Proxy) -> None:
    status, body, _headers = proxy.ask("GET", "/learn?q=1", **FORGED)
    assert status == 200
    told = json.loads(body)
    headers = told["headers"]
    assert told["path"] == "/learn?q=1"
    assert headers["x-forwarded-for"] == ["127.0.0.1"]
    assert headers["x-forwarded-proto"] == ["https" if proxy.context else "http"]
    assert headers["host"][0].partition(":")[0] == HOST
    (request_id,) = headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f-]{32,36}", request_id)
    assert not {"x-real-ip", "forwarded"} & set(headers)
    assert headers.get("x-forwarded-host", [HOST])[0].partition(":")[0] == HOST


def test_large_bodies_reach_editors_pages_alone(proxy: Proxy) -> None:
    large = b"x" * 3_000_000
    status, body, _headers = proxy.ask("POST", "/admin/uploads/", large)
    assert (status, json.loads(body)["sent"]) == (200, len(large))
    status, _body, _headers = proxy.ask("POST", "/learn", large)
    assert status in (413, 502)  # Caddy 2.6 notices while it sends, and ends with the other


def test_nginx_slows_down_who_tries_passwords(tmp_path: Path, certificate: Path) -> None:
    with echoing() as port, nginx(tmp_path, f"127.0.0.1:{port}", certificate) as front:
        statuses = [front.ask("POST", "/admin/login/", b"a=b")[0] for _ in range(40)]
        assert statuses[:11] == [200] * 11
        assert 429 in statuses
        assert front.ask("GET", "/static/site.css")[0] == 200


def test_nginx_does_not_answer_under_another_name(tmp_path: Path, certificate: Path) -> None:
    with (
        echoing() as port,
        nginx(tmp_path, f"127.0.0.1:{port}", certificate) as front,
        pytest.raises(ssl.SSLError),
    ):
        front.ask("GET", "/learn", host="evil.example")


@pytest.mark.slow
def test_nginx_in_front_of_the_real_site(tmp_path: Path, certificate: Path, samples: Samples) -> None:
    """A page comes compressed and by https, and an editor logs in: the site knows that the visitor came by https."""
    (tmp_path / "site").mkdir()
    (tmp_path / "nginx").mkdir()
    variables = {
        "SITE_URL": f"https://{HOST}", "ALLOWED_HOSTS": f"{HOST},127.0.0.1", "SECURE_SSL_REDIRECT": "false",
        "TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_COUNT": "1", "WEB_CONCURRENCY": "1",
        "DJANGO_SUPERUSER_USERNAME": "ada", "DJANGO_SUPERUSER_PASSWORD": "a long walk by the river",
    }  # fmt: skip
    with running_site(tmp_path / "site", samples, **variables) as site:
        site.manage("createsuperuser", "--no-input", "--email=ada@example.org")
        with nginx(tmp_path / "nginx", site.url.removeprefix("http://"), certificate) as front:
            status, _body, headers = front.ask("GET", "/learn", **{"Accept-Encoding": "gzip"})
            assert (status, headers["Content-Encoding"]) == (200, "gzip")
            status, body, headers = front.ask("GET", "/admin/login/")
            token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', body)
            assert token
            cookie = headers["Set-Cookie"].partition(";")[0]
            form = (
                b"csrfmiddlewaretoken="
                + token[1]
                + b"&username=ada&password=a+long+walk+by+the+river&next=/admin/"
            )
            status, body, headers = front.ask(
                "POST", "/admin/login/", form,
                **{
                    "Cookie": cookie, "Origin": f"https://{HOST}", "Referer": f"https://{HOST}/admin/login/",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )  # fmt: skip
            assert (status, headers["Location"]) == (302, "/admin/"), body
            assert "Secure" in headers["Set-Cookie"]


def test_caddy_has_nothing_to_complain_of(tmp_path: Path) -> None:
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed: deploy/Caddyfile was not validated")
    environment = {
        **os.environ,
        "SITE_URL": f"https://{HOST}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if '"level":"warn"' in line]
