"""AWS Signature Version 4, as far as one POST to CloudFront needs it. botocore, which has it,
would be one of the largest dependencies for these lines.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Credentials:
    key_id: str
    secret: str
    session_token: str = ""


def signed_headers(
    credentials: Credentials,
    method: str,
    url: str,
    body: bytes,
    *,
    region: str,
    service: str,
    now: dt.datetime,
) -> dict[str, str]:
    """Return the headers (Host, X-Amz-Date, Authorization …) that make a request for `url` valid at `now` (UTC).

    `url` has no query and a path that needs no further escaping.
    """
    parts = urlsplit(url)
    headers = {"host": parts.netloc, "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}"}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            method,
            parts.path or "/",
            "",
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            _hash(body),
        ]
    )
    scope = f"{now:%Y%m%d}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, _hash(canonical.encode())])
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{credentials.key_id}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": authorization}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
