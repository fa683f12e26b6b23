"""Ends with 0 where the site in this container answers /healthz; for HEALTHCHECK in the Dockerfile.

Asks with nothing but Python's own library: to load the site every thirty seconds would cost more than it tells.
"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> str | None:
    """What is wrong; None where all is well."""
    port = os.environ.get("BIND", "").rpartition(":")[2] or os.environ.get("PORT", "8000")
    host = urlsplit(os.environ.get("SITE_URL", "")).netloc or f"127.0.0.1:{port}"
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        status = connection.getresponse().status
    except OSError as error:
        return f"no answer at port {port}: {error}"
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else f"/healthz answers {status}"


if __name__ == "__main__":
    sys.exit(main())
