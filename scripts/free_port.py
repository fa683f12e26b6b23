"""Say that a port of this machine is taken, before anything else is done: `python scripts/free_port.py 8000`.

Knows nothing but Python's own library: it runs before the environment is there.
"""

from __future__ import annotations

import errno
import socket
import sys


def main(text: str) -> str | None:
    """The reason why `text` is no port to serve at, with the cure; None where it is one."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 65_535):
        return f"PORT={text} is no port: give a number up to 65535, such as PORT=8001 make run"
    port = int(text)
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        other = port + 1 if port < 65_535 else port - 1
        if error.errno == errno.EADDRINUSE:
            return (
                f"Port {port} is taken: something listens at 127.0.0.1:{port}, perhaps this site, in another window. "
                f"End it, or take another port: PORT={other} make run"
            )
        return f"Nobody may listen at port {port} ({error.strerror}). Take another one: PORT=8001 make run"
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
