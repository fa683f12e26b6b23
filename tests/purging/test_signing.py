from __future__ import annotations

import datetime as dt

import pytest

from learn.purging.signing import Credentials, signed_headers

# The key, the moment and the signatures of AWS's own test suite for Signature Version 4 (get-vanilla, post-vanilla).
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_signatures_are_those_of_the_published_vectors(method: str, signature: str) -> None:
    headers = signed_headers(
        CREDENTIALS,
        method,
        "https://example.amazonaws.com/",
        b"",
        region="us-east-1",
        service="service",
        now=MOMENT,
    )
    assert headers == {
        "host": "example.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            f"SignedHeaders=host;x-amz-date, Signature={signature}"
        ),
    }


def test_a_session_token_is_sent_and_signed() -> None:
    credentials = Credentials(CREDENTIALS.key_id, CREDENTIALS.secret, "token")
    headers = signed_headers(
        credentials, "POST", "https://example.amazonaws.com/a", b"{}", region="r", service="s", now=MOMENT
    )
    assert headers["x-amz-security-token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in headers["authorization"]
