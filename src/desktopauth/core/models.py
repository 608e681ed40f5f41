"""The session and the person it belongs to, as frozen values whose repr shows no secret.

They are read from the server's JSON and from our own stored JSON alike, so that nothing else knows either shape.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

_FORMAT = 1  # of the stored JSON; a newer one is somebody else's, and is left alone


class UnknownFormatError(ValueError):
    """Stored text that this version cannot read. It is reported and left as it is."""


@dataclass(frozen=True, slots=True)
class User:
    """A person as the server knows them; ``facts`` is the whole user object, as it came."""

    id: str
    email: str = field(default="", repr=False)
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False, compare=False)

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read a GoTrue user object. Raises LookupError, TypeError or AttributeError on another shape."""
        return cls(str(body["id"]), str(body.get("email") or ""), MappingProxyType(dict(body)))


@dataclass(frozen=True, slots=True)
class Session:
    """An access token, the refresh token behind it, and who they speak for.

    ``expires_at`` is in seconds since the epoch *on the server's clock*, ``expires_in`` the lifetime in seconds that
    the access token was given, ``skew`` the seconds by which the server's clock was ahead of ours at the last look.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float
    expires_in: float
    user: User
    skew: float = 0.0

    @property
    def id(self) -> str:
        """The server's session id, the same over all refreshes (claim ``session_id``); else one made of the person."""
        known = claims(self.access_token).get("session_id")
        return str(known) if known else f"user:{self.user.id}"

    @property
    def issued_at(self) -> float:
        """When the server made the access token, in seconds since the epoch on its clock."""
        return self.expires_at - self.expires_in

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read a GoTrue token answer. Raises LookupError, TypeError or ValueError on another shape."""
        access, refresh = body["access_token"], body["refresh_token"]
        if not all(isinstance(token, str) and token for token in (access, refresh)):
            raise ValueError("a token answer without tokens")
        lifetime, expires_at = float(body["expires_in"]), float(body.get("expires_at") or claims(access)["exp"])
        if not (math.isfinite(lifetime) and math.isfinite(expires_at)):
            raise ValueError("a token answer without an end")
        return cls(access, refresh, expires_at, lifetime, User.from_wire(body["user"]))

    def to_json(self) -> str:
        """The stored form: pure ASCII, so that one character is one unit in every keyring."""
        user = dict(self.user.facts) or {"id": self.user.id, "email": self.user.email}
        whole = {
            "v": _FORMAT,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at,
            "expires_in": self.expires_in,
            "skew": self.skew,
            "user": user,
        }
        return json.dumps(whole, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the stored form. Raises UnknownFormatError, whose text holds nothing of what was stored."""
        try:
            body = json.loads(text)
            if body["v"] != _FORMAT:
                raise UnknownFormatError("stored by another version")
            numbers = (float(body["expires_at"]), float(body["expires_in"]))
            user = User.from_wire(body["user"])
            return cls(str(body["access_token"]), str(body["refresh_token"]), *numbers, user, float(body["skew"]))
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError, RecursionError):
            raise UnknownFormatError("not a stored session of this version") from None


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What a provider gave for its own API, once, at the sign-in; ``refresh_token`` is empty where it gave none."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a code was worth: a session, and the provider's own tokens where it gave any."""

    session: Session
    tokens: ProviderTokens | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Project:
    """What the auth server offers. ``providers`` are those that are enabled, by the server's names, in its order."""

    providers: tuple[str, ...] = ()
    email: bool = True
    phone: bool = False
    sign_up: bool = True

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the answer of ``/settings``. Raises LookupError, TypeError or AttributeError on another shape."""
        external = body["external"]
        ways = ("email", "phone", "anonymous_users")
        providers = tuple(str(name) for name, on in external.items() if on is True and name not in ways)
        known = {"email": external.get("email") is not False, "phone": external.get("phone") is True}
        return cls(providers, **known, sign_up=body.get("disable_signup") is not True)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What a person changes about themselves; None leaves it as it is.

    ``current_password`` or ``nonce`` (a code by ``reauthenticate``) go with a new password where the server asks.
    ``facts`` are merged into the user metadata.
    """

    password: str | None = field(default=None, repr=False)
    current_password: str | None = field(default=None, repr=False)
    nonce: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    facts: Mapping[str, Any] | None = field(default=None, repr=False)


def claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT (RFC 7519 §4), unverified: the server checks its own signatures, we only read hints."""
    import base64

    try:
        middle = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def fingerprint(session_id: str) -> str:
    """What a tombstone says of a session: a hash, so that it tells nothing to who reads the file."""
    import hashlib  # not above: it loads OpenSSL, which the first paint does not need

    return hashlib.sha256(session_id.encode()).hexdigest()[:32]
