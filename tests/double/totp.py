"""Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct

STEP = 30  # seconds


def new_secret() -> str:
    """A secret as a person may type it into their app."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, at: float) -> str:
    """The six digits that an app shows at ``at``, in seconds since the epoch."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at // STEP)), hashlib.sha1).digest()
    start = digest[-1] & 0xF
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"


def matches(secret: str, code: str, at: float) -> bool:
    """One step to either side is forgiven, because clocks differ."""
    return code in {code_at(secret, at + skew) for skew in (-STEP, 0, STEP)}
