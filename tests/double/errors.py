"""Refusals of the double, and the two bodies that GoTrue has for them, because clients of both ages are out there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEW_BODIES = "2024-01-01"  # the X-Supabase-Api-Version from which on "code" is a word


class Refusal(Exception):
    """An answer other than 2xx: raised anywhere, written by the server."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.extra = status, code, message, extra
        self.headers: dict[str, str] = {}

    def body(self, version: str) -> Mapping[str, Any]:
        """The JSON for a client that asks for this version; ISO dates compare as text."""
        if version >= NEW_BODIES:
            return {"code": self.code, "message": self.message, **self.extra}
        return {"code": self.status, "error_code": self.code, "msg": self.message, **self.extra}


class OAuthRefusal(Refusal):
    """The third body, of what speaks OAuth itself (RFC 6749 §5.2): no code of the server's, not even in the header."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(400, "", description)
        self.error = error

    def body(self, version: str) -> Mapping[str, Any]:
        return {"error": self.error, "error_description": self.message}


def bad_request(code: str, message: str) -> Refusal:
    return Refusal(400, code, message)


def forbidden(code: str, message: str) -> Refusal:
    return Refusal(403, code, message)


def not_found(code: str, message: str) -> Refusal:
    return Refusal(404, code, message)


def unprocessable(code: str, message: str) -> Refusal:
    return Refusal(422, code, message)


def too_soon(seconds: float, code: str = "over_email_send_rate_limit") -> Refusal:
    """The one hint about time that GoTrue gives is in the text; it sends no Retry-After."""
    text = f"For security purposes, you can only request this after {max(1, round(seconds))} seconds."
    return Refusal(429, code, text)
