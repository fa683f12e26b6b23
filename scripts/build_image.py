"""Build the image of deploy/Dockerfile without a registry of images, and see it serve.

sudo make image

In the place of the image that the Dockerfile begins with stands a Debian of the same release, made by debootstrap, with
its own Python: whatever version that is. buildah takes every step from there. Then containers of the image migrate,
import the samples, serve, check their health and make a backup, as the image's user. Needs root, debootstrap and
buildah; takes some minutes.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "var" / "image"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
TAG = "quicktakes-learn"
PORT = 8765
# What a machine needs to reach its package archives is the machine's, and in no layer.
SEEN = [path for path in ("/etc/ssl/certs", "/etc/pip.conf", "/etc/apt/apt.conf.d") if Path(path).exists()]
ENVIRONMENT = os.environ | {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}


def command(*arguments: str) -> list[str]:
    store = ["--root", str(PLACE / "store"), "--runroot", str(PLACE / "run")]
    return ["buildah", *store, *arguments]


def buildah(*arguments: str, what: str = "") -> str:
    """Run buildah; end where it fails. Prints how long it took, where `what` says what it did."""
    began = time.monotonic()
    done = subprocess.run(
        command(*arguments), check=False, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout[-3000:]}\nThis did not work: buildah {' '.join(arguments)}")
    if what:
        say(f"{time.monotonic() - began:6.1f} s  {what}")
    return done.stdout.strip()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def make_base() -> None:
    """The image that the Dockerfile begins with, by its name: Debian of that release, with its own Python."""
    names = set(re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE))
    if len(names) != 1:
        sys.exit(f"Stages of the Dockerfile begin with different images: {', '.join(names)}.")
    name = names.pop()
    root = PLACE / "base"
    if not (root / "usr/bin/python").exists():
        began = time.monotonic()
        shutil.rmtree(root, ignore_errors=True)
        packages = "--include=python3,python3-venv,ca-certificates"
        release = name.rpartition("-")[2]
        make = ["debootstrap", "--variant=minbase", packages, release, str(root)]
        made = subprocess.run(make, check=False, text=True, stdout=subprocess.PIPE)
        if made.returncode:
            sys.exit("debootstrap could not make a root: " + made.stdout[-500:])
        (root / "usr/bin/python").symlink_to("python3")
        say(f"{time.monotonic() - began:6.1f} s  a Debian in the place of {name}")
    container = buildah("from", "scratch")
    buildah("add", container, str(root), "/")
    buildah("config", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
    buildah("commit", "--quiet", container, f"docker.io/library/{name}")
    buildah("rm", container)


def serve() -> None:
    """Containers of the image do what compose.yaml has them do, with SQLite and one volume each."""
    volumes = {
        "/app/var": PLACE / "data",
        "/backups": PLACE / "backups",
        "/articles": ROOT / "fixtures" / "articles",
    }
    for folder in (PLACE / "data", PLACE / "backups"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.chown(folder, 10001, 10001)
    settings = {
        "SITE_URL": f"http://127.0.0.1:{PORT}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "BIND": f"127.0.0.1:{PORT}",
        "DJANGO_SUPERUSER_USERNAME": "ada",
        "DJANGO_SUPERUSER_PASSWORD": secrets.token_urlsafe(20),
    }
    options = [f"--env={name}={value}" for name, value in settings.items()]
    options += [f"--volume={path}:{inside}" for inside, path in volumes.items()]
    container = buildah("from", TAG)
    # buildah would mount volumes of its own at the places that the image declares, over ours or below them.
    buildah("config", *(f"--volume={inside}-" for inside in ("/app/var", "/backups")), container)
    run = ["run", "--network=host", *options, container, "--"]

    expect("its user is not root", buildah(*run, "id", "-u") == "10001")
    writable = ["find", "/app", "/opt/venv", "-writable", "-not", "-type", "l", "-not", "-path", "/app/var*"]
    expect("its user may write to none of its own files", buildah(*run, *writable) == "")
    started = "init_site: migrated, imported, an administrator"
    buildah(*run, "python", "manage.py", "init_site", "/articles", what=started)
    serving = [*run, "python", "-m", "quicktakes.server"]
    with subprocess.Popen(command(*serving), env=ENVIRONMENT, start_new_session=True) as server:
        try:
            wait_until_ready(server)
            buildah(*run, "python", "deploy/healthcheck.py", what="the health check")
            with urlopen(f"http://127.0.0.1:{PORT}/learn", timeout=10) as page:
                expect("the library is served", b"<h1" in page.read())
        finally:
            # buildah passes no signal on to what it runs.
            os.killpg(server.pid, signal.SIGTERM)
    buildah(*run, "python", "manage.py", "backup", "/backups", what="a backup")
    expect("the backup is there", any((PLACE / "backups").glob("*.tar.gz")))
    buildah("rm", container)


def wait_until_ready(server: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    while server.poll() is None and time.monotonic() - began < 60:
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=5):
                say(f"{time.monotonic() - began:6.1f} s  until /readyz says ready")
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("The server did not become ready.")


def expect(what: str, is_so: bool) -> None:  # noqa: FBT001 as an assertion reads
    if not is_so:
        sys.exit(f"This is not so: {what}.")
    say(f"          {what}")


def main() -> None:
    missing = [program for program in ("debootstrap", "buildah") if not shutil.which(program)]
    if os.geteuid() or missing:
        sys.exit(f"Needs root{''.join(f' and {program}' for program in missing)}: sudo make image")
    PLACE.mkdir(parents=True, exist_ok=True)
    make_base()
    seen = [f"--volume={path}:{path}:ro" for path in SEEN]
    build = [
        "bud",
        "--pull-never",
        "--network=host",
        *seen,
        f"--file={DOCKERFILE}",
        f"--tag={TAG}",
        str(ROOT),
    ]
    buildah(*build, what="every step of the Dockerfile")
    size = buildah("images", "--format", "{{.Size}}", TAG)
    say(f"          the image has {size}, the Debian included")
    serve()
    say("The image is built, and serves.")


if __name__ == "__main__":
    main()
