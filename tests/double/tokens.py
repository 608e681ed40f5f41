"""The double's tokens: HS256 access tokens and the two kinds of refresh token, on the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import string
import struct
import uuid
from typing import Any

from tests.double.errors import bad_request

_SHORT = 12  # characters of a refresh token of the first kind
_ALPHABET = string.ascii_lowercase + string.digits


def sign(claims: dict[str, Any], secret: str) -> str:
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(_mac(secret.encode(), signed.encode()))}"


def claims_of(token: str) -> dict[str, Any]:
    """What an access token says, unchecked."""
    found = json.loads(_decode(token.split(".")[1]))
    return dict(found)


def verify(token: str, secret: str) -> dict[str, Any] | None:
    """The claims of a token that we have signed, or ``None``."""
    signed, _, mac = token.rpartition(".")
    try:
        genuine = hmac.compare_digest(_decode(mac), _mac(secret.encode(), signed.encode()))
        return claims_of(token) if genuine else None
    except (ValueError, IndexError):
        return None


def short_token() -> str:
    """A refresh token of the first kind: a row in a table, nothing more."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SHORT))


def is_short(token: str) -> bool:
    """Raises the refusal of what cannot be a refresh token at all."""
    if len(token) < _SHORT or (len(token) == _SHORT and not set(token) <= set(_ALPHABET)):
        raise not_valid()
    return len(token) == _SHORT


def counted_token(session: str, counter: int, key: bytes) -> str:
    """A refresh token of the second kind: version, session, counter, and a MAC over them."""
    body = b"\0" + uuid.UUID(session).bytes + struct.pack(">Q", counter)
    return _encode(body + _mac(key, body)[:16])


def read_counted(token: str) -> tuple[str, int]:
    """The session and the counter, unchecked; raises the refusal of what has another shape."""
    try:
        raw = _decode(token)
        version, session, counter, _ = struct.unpack(">B16sQ16s", raw)
    except (ValueError, struct.error):
        raise not_valid() from None
    if version != 0:
        raise not_valid()
    return str(uuid.UUID(bytes=session)), int(counter)


def not_valid() -> Exception:
    return bad_request("validation_failed", "Refresh token is not valid")


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
