"""Walk docs/deploying.md, “One machine with systemd”, word for word in an empty Debian, and what comes after it.

sudo make walk

In a root that debootstrap makes (or the one of --root, made before), with a network of its own that leads nowhere: the
commands of the page are typed in as they stand there, then the site is edited, backed up, destroyed and restored. Then
the first release serves an edited library, step 4 of docs/upgrading.md makes this one of it, and its way back is gone.
Three programs stand in for what such a root cannot have: `systemctl` starts what the units say, as their user; `apt`
says whether debootstrap brought the package; `certbot` signs with an authority of its own. Needs root, debootstrap, git
and pip; takes some minutes, most of them for packages.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSIDE = Path("/walk")  # in the root: this script, the stand-ins, the packages, the code
PACKAGES = "python3,python3-venv,make,git,nginx-light,openssl,ca-certificates,curl,iproute2"
HOST, NAME, PASSPHRASE = "learn.example.org", "ada", "a long walk by the river"
HOME = Path("/srv/quicktakes")
# The first release that kept an editor's data has the schema before this migration.
NEXT_SCHEMA, FIRST_SCHEMA = "learn/migrations/0011_*.py", "0010"
ADDRESS = f"https://{HOST}"
EDITED = "Edited on the walk."
AS_ITSELF = "runuser -u quicktakes -- .venv/bin/python manage.py"

SYSTEMCTL = r"""#!/usr/bin/env python3
import os, re, shlex, signal, subprocess, sys, time
from pathlib import Path
verb, *names = [word for word in sys.argv[1:] if not word.startswith("--")]
def run(name, command, wait):
    text = Path(f"/etc/systemd/system/{name}.service").read_text()
    said = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
    line = ["runuser", "-u", said["User"], "--", *shlex.split(said[command])]
    if wait:
        return subprocess.run(line, cwd=said["WorkingDirectory"], check=True)
    log = open(f"/var/log/{name}.log", "ab")
    return subprocess.Popen(line, cwd=said["WorkingDirectory"], stdout=log, stderr=log, start_new_session=True)
def pid_of(name):
    path = Path(f"/run/{name}.walk")
    return int(path.read_text()) if path.exists() else None
def served(pid):  # the child of runuser, which would kill it
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(found[0]) if found else pid
for name in names:
    name = name.removesuffix(".service")
    if name.endswith(".timer"):
        continue
    if name == "nginx":
        options = [] if verb == "start" else ["-s", verb]
        subprocess.run(["nginx", *options], check=verb != "stop", stderr=subprocess.DEVNULL)
        continue
    text = Path(f"/etc/systemd/system/{name}.service").read_text()
    if verb in ("start", "enable"):
        if "ExecStartPre=" in text:
            run(name, "ExecStartPre", True)
        if "Type=oneshot" in text:
            run(name, "ExecStart", True)
        else:
            Path(f"/run/{name}.walk").write_text(str(run(name, "ExecStart", False).pid))
            time.sleep(4 if name.endswith("web") else 1)
    elif (pid := pid_of(name)):
        os.kill(served(pid), signal.SIGHUP if verb == "reload" else signal.SIGTERM)
        if verb == "stop":
            Path(f"/run/{name}.walk").unlink()
            while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
                time.sleep(0.1)
"""
APT = r"""#!/bin/sh
shift
for name in "$@"; do case "$name" in
    certbot|nginx) command -v "$name" >/dev/null ;;
    *) dpkg -s "$name" >/dev/null ;;
esac || { echo "$name is not there"; exit 1; }; done
"""
CERTBOT = rf"""#!/bin/sh
[ "$1" = certonly ] || exit 0
place=/etc/letsencrypt/live/{HOST}; mkdir -p $place
cd /walk && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=Walk" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout $place/privkey.pem -out site.csr -subj "/CN={HOST}" 2>/dev/null
echo "subjectAltName=DNS:{HOST}" > names
openssl x509 -req -in site.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out $place/fullchain.pem 2>/dev/null
"""


# --- Outside: the root --------------------------------------------------------------------------------------------------


def prepare(root: Path) -> None:
    if not (root / "usr/bin/python3").exists():
        done = timed(
            "an empty Debian",
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)],
        )
        if done.returncode:
            sys.exit("debootstrap could not make a root: " + done.stdout[-500:])
    place = root / "walk"
    shutil.rmtree(place, ignore_errors=True)
    for left in (
        "srv/quicktakes",
        "var/backups/quicktakes",
        "etc/letsencrypt",
        "etc/nginx/conf.d/quicktakes.conf",
        "run",
    ):
        path = root / left
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (root / "run").mkdir()
    if "quicktakes:" in (root / "etc/passwd").read_text():
        subprocess.run(["chroot", str(root), "userdel", "quicktakes"], check=True)
    place.mkdir()
    subprocess.run(["git", "clone", "-q", "--bare", str(ROOT), str(place / "code.git")], check=True)
    for name, release in releases():
        (place / name).write_text(git("rev-parse", release))
        # Debian's Python may be an older 3.11 than this one, and need what this one brings.
        asked = re.sub(
            r" *; python_full_version < '3\.11\.\d+'", "", git("show", f"{release}:requirements.txt")
        )
        (place / f"{name}.txt").write_text(asked)
        command = [
            *f"{sys.executable} -m pip download -q --require-hashes -r".split(),
            str(place / f"{name}.txt"),
        ]
        if timed(
            f"the packages of the {name} release", [*command, "-d", str(root / "walk-packages")]
        ).returncode:
            sys.exit("pip could not get the packages of requirements.txt")
    shutil.copytree(ROOT / "fixtures" / "articles", place / "articles")
    for page in ("deploying", "upgrading"):
        shutil.copy(ROOT / "docs" / f"{page}.md", place)
    shutil.copy(__file__, place / "walk.py")
    programs = root / "usr/local/bin"
    for name, text in (("systemctl", SYSTEMCTL), ("apt", APT), ("certbot", CERTBOT)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {HOST}\n")


def releases() -> list[tuple[str, str]]:
    """Name and commit of this release, and of the first one where this clone reaches back to it."""
    first = first_release()
    return [("this", "HEAD"), *([("first", first)] if first else [])]


def first_release() -> str:
    """The commit of the first release that kept data; "" where this clone does not reach back to it."""
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        subprocess.run(["git", "fetch", "--unshallow", "--quiet"], cwd=ROOT, check=False)
        if git("rev-parse", "--is-shallow-repository").strip() == "true":
            return ""
    return git("log", "--diff-filter=A", "--format=%H^", "--", NEXT_SCHEMA).split()[-1]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def timed(what: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    began = time.monotonic()
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    say(f"{time.monotonic() - began:6.1f} s  {what}")
    return done


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


# --- Inside: the page ---------------------------------------------------------------------------------------------------


def commands_of_the_page() -> list[tuple[str, str]]:
    """Title and commands of each step of section B, as they stand there but for what the page says to replace."""
    page = Path("/walk/deploying.md").read_text()
    section = page.partition("\n## B. ")[2].partition("\n## ")[0]
    steps = []
    for step in re.split(r"^\d\. ", section, flags=re.MULTILINE)[1:]:
        lines = [line[7:] for line in step.splitlines() if line.startswith("       ")]
        text = "\n".join(lines)
        for said, meant in (
            ("ADDRESS-OF-THIS-REPOSITORY", "/walk/code.git"),
            ("/path/to/articles", "/walk/articles"),
            ("YOUR.NAME", HOST),
        ):  # fmt: skip
            text = text.replace(said, meant)
        steps.append((step.partition(".")[0].split(",")[0].split(":")[0], text))
    return steps


def shell(what: str, text: str, folder: Path = HOME) -> str:
    """Type `text` in; end the walk where a command of it fails."""
    began = time.monotonic()
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", text], cwd=folder if folder.exists() else "/", check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    say(f"{time.monotonic() - began:6.1f} s  {what}")
    if done.returncode:
        say(done.stdout[-1500:])
        sys.exit(f"the walk ends here: {what}")
    return done.stdout


def expect(what: str, *, is_so: bool) -> None:
    if not is_so:
        sys.exit(f"the walk ends here: {what}")
    say(f"          {what}")


CURL = "curl --silent --show-error --fail --cacert /walk/ca.pem --cookie-jar /walk/jar --cookie /walk/jar"


def fetch(path: str, *options: str) -> str:
    command = [*CURL.split(), *options, f"{ADDRESS}{path}"]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def send(path: str, fields: dict[str, str]) -> None:
    """A form of the page at `path`, with its token and whatever else it holds."""
    page = fetch(path)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    data = [
        part
        for name, value in {**hidden, **fields}.items()
        for part in ("--data-urlencode", f"{name}={value}")
    ]
    fetch(path, "--header", f"Referer: {ADDRESS}{path}", *data)


def ready() -> str:
    return subprocess.run(
        ["curl", "--silent", "http://127.0.0.1:8000/readyz"],
        check=False, text=True, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip


def walk() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False, stderr=subprocess.DEVNULL)
    os.environ |= {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/walk-packages", "LANG": "C.UTF-8",
        "DJANGO_SUPERUSER_USERNAME": NAME, "DJANGO_SUPERUSER_PASSWORD": PASSPHRASE,
    }  # fmt: skip
    steps = commands_of_the_page()
    for number, (title, text) in enumerate(steps, start=1):
        shell(f"B{number}. {title}", text)
    expect("/readyz says ready", is_so=ready() == "ready\n")
    library = fetch("/learn")
    expect("the library is served by https, with a certificate of our own authority", is_so="<h1" in library)
    send("/admin/login/", {"username": NAME, "password": PASSPHRASE, "next": "/admin/"})
    expect("an editor is logged in", is_so="Log out" in fetch("/admin/"))
    path = edit_an_article()
    expect("readers see the edit at once", is_so=EDITED in fetch(path))
    shell("a backup", "systemctl start quicktakes-backup")
    backup = max(Path("/var/backups/quicktakes").glob("*.tar.gz"))
    shell("everything is destroyed", "systemctl stop quicktakes-web quicktakes-due && rm -rf var && "
          "install -d -o quicktakes -g quicktakes -m 0700 var")  # fmt: skip
    shell("the backup is restored", f"{AS_ITSELF} restore {backup}")
    shell("the site starts again", "systemctl start quicktakes-web quicktakes-due")
    expect("/readyz says ready", is_so=ready() == "ready\n")
    expect("the edit is there again", is_so=EDITED in fetch(path))
    if Path("/walk/first").exists():
        upgrade_and_go_back()
    else:
        say(
            "NOT WALKED: from the first release and back. This clone does not reach it: git fetch --unshallow"
        )
    say("The walk is done.")


def python(what: str, program: str) -> str:
    return shell(what, f'{AS_ITSELF} shell -c "{program}"')


def edit_an_article() -> str:
    """Its address; by save(), which each release has."""
    return python(
        "an article is edited",
        "from learn.models import Article; a = Article.objects.first(); "
        f"a.answer += chr(10) * 2 + '{EDITED}'; a.save(); print(a.get_absolute_url())",
    ).split()[-1]


def upgrade_and_go_back() -> None:
    """From the first release to this one by step 4 of docs/upgrading.md, and back by its last section."""
    bring = "git checkout --quiet {} && .venv/bin/python -m pip install --quiet --requirement /walk/{}.txt"
    this, first = (Path(f"/walk/{name}").read_text().strip() for name in ("this", "first"))
    shell("the first release, with nothing", "systemctl stop quicktakes-web quicktakes-due && rm -rf var && "
          f"install -d -o quicktakes -g quicktakes -m 0700 var && {bring.format(first, 'first')}")  # fmt: skip
    shell("its library and administrator", f"{AS_ITSELF} migrate -v0 && {AS_ITSELF} import_articles /walk/articles -v0 && "
          f"{AS_ITSELF} createsuperuser --noinput --email ada@example.org")  # fmt: skip
    path = edit_an_article()
    served = f"from django.test import Client; print('{EDITED}' in Client().get('{path}', secure=True, SERVER_NAME='{HOST}').content.decode())"
    expect("the first release shows the edit", is_so="True" in python("it is read", served))

    step = Path("/walk/upgrading.md").read_text().partition("\n4. ")[2].partition("With containers")[0]
    lines = [line.strip() for line in step.splitlines() if line.startswith("       ")]
    text = (
        "\n".join(lines)
        .replace("RELEASE", this)
        .replace("requirements.txt", "/walk/this.txt")
        .replace("--require-hashes ", "")
    )
    # The first release had no units: nothing is there that could be reloaded.
    shell("upgrading.md, 4. Bring the release in", text.replace("systemctl reload", "systemctl start"))
    expect("/readyz says ready", is_so=ready() == "ready\n")
    expect("readers see the edit of the first release", is_so=EDITED in fetch(path))
    shell("a search finds it", f"{CURL} {ADDRESS}/learn/search?q=walk | grep -q {path}")

    shell(
        "the way back: the schema",
        f"systemctl stop quicktakes-web quicktakes-due && {AS_ITSELF} migrate -v0 learn {FIRST_SCHEMA}",
    )
    shell("the way back: the code", bring.format(first, "first"))
    expect("the first release shows the edit again", is_so="True" in python("it is read", served))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--root", type=Path, default=ROOT / "var" / "walk", help="where the Debian is, or is to be made"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        walk()
        return
    if os.geteuid():
        sys.exit("Only root can change into another root: sudo make walk")
    root = arguments.root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    prepare(root)
    inside = (
        f"mount -t proc proc {root}/proc && exec chroot {root} /usr/bin/python3 {INSIDE}/walk.py --inside"
    )
    alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", inside]
    keep = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    sys.exit(subprocess.run(alone, env=keep, check=False).returncode)


if __name__ == "__main__":
    main()
