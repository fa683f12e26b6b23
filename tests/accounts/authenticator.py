"""An authenticator in software, which answers as a phone does: https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth.models import User
from django_otp_webauthn.models import WebAuthnCredential, WebAuthnUserHandle
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED = 0x01, 0x04


@dataclass
class Authenticator:
    """Holds one passkey of `user`; what it says of itself can be made wrong."""

    user: User
    origin: str = "http://localhost"
    host: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.handle = WebAuthnUserHandle.get_handle_for_user(self.user)
        point = self._key.public_key().public_numbers()
        x, y = point.x.to_bytes(32), point.y.to_bytes(32)
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # COSE: ES256
        self.row = WebAuthnCredential.objects.create(
            user=self.user, name="phone", credential_id=self.credential_id, public_key=public, aaguid="",
            sign_count=0,
        )  # fmt: skip

    def answer(self, options: dict[str, Any]) -> dict[str, Any]:
        """What it answers to the options of a login."""
        self.count += 1
        client = {"type": "webauthn.get", "challenge": options["challenge"], "origin": self.origin}
        said = json.dumps(client).encode()
        data = hashlib.sha256(self.host.encode()).digest() + bytes([self.flags]) + self.count.to_bytes(4)
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        key = bytes_to_base64url(self.credential_id)
        response = {
            "clientDataJSON": said, "authenticatorData": data, "signature": signature, "userHandle": self.handle
        }  # fmt: skip
        coded = {name: bytes_to_base64url(value) for name, value in response.items() if value}
        return {"id": key, "rawId": key, "type": "public-key", "response": coded}
