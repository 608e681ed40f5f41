"""The rows of the double's database, and a user as JSON."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.double.clock import stamp


class Purpose(StrEnum):
    """What a mailed code is for: one column each in GoTrue's user table."""

    CONFIRMATION = "confirmation"
    RECOVERY = "recovery"  # magic links live here too
    CHANGE_NEW = "email_change_new"
    CHANGE_CURRENT = "email_change_current"
    REAUTHENTICATION = "reauthentication"
    PHONE = "phone"
    PHONE_CHANGE = "phone_change"


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Code:
    """A code that was mailed to an address; ``token`` is the long form of it that the link carries."""

    value: str
    address: str
    sent_at: float
    token: str = field(default_factory=lambda: secrets.token_hex(28))
    flow: Flow | None = None  # what the link in the mail goes on with, where it was asked for with a challenge


@dataclass
class Identity:
    """One way in: ``id`` is ours (for unlinking), ``subject`` the provider's."""

    provider: str
    subject: str
    email: str
    created_at: float
    id: str = field(default_factory=new_id)


@dataclass
class Factor:
    name: str
    secret: str
    created_at: float
    verified: bool = False
    id: str = field(default_factory=new_id)


@dataclass
class Challenge:
    factor: str
    created_at: float
    used: bool = False
    id: str = field(default_factory=new_id)


@dataclass
class User:
    email: str
    created_at: float
    password: str | None = None
    confirmed_at: float | None = None
    signed_in_at: float | None = None
    anonymous: bool = False
    banned: bool = False
    new_email: str = ""
    phone: str = ""
    phone_confirmed_at: float | None = None
    new_phone: str = ""
    one_confirmed: bool = False  # of the two addresses of a change
    metadata: dict[str, Any] = field(default_factory=dict)
    codes: dict[Purpose, Code] = field(default_factory=dict)
    sent: dict[Purpose, float] = field(default_factory=dict)  # outlives the code
    identities: list[Identity] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)
    id: str = field(default_factory=new_id)

    @property
    def protected(self) -> bool:
        """Whether a second factor is set up."""
        return any(factor.verified for factor in self.factors)


@dataclass
class Session:
    user: User
    created_at: float
    refreshed_at: float
    methods: dict[str, float]
    aal: str = "aal1"
    counter: int | None = None  # with refresh tokens of the second kind
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    id: str = field(default_factory=new_id)


@dataclass
class RefreshToken:
    """A row of the first kind of refresh token; the newest is the last in the table."""

    token: str
    session: Session
    parent: str | None
    updated_at: float
    revoked: bool = False


@dataclass
class Flow:
    """A sign-in by a provider that is under way; ``state`` is what the provider gives back.

    Mails that were asked for with a challenge have one too: ``provider`` is "email" then.
    """

    provider: str
    redirect_to: str
    challenge: str
    method: str
    hint: str
    created_at: float
    linking: User | None = None
    user: User | None = None
    state: str = field(default_factory=new_id)
    code: str = field(default_factory=new_id)


def user_json(user: User) -> dict[str, Any]:
    """A user as every answer shows them."""
    providers = list(dict.fromkeys(identity.provider for identity in user.identities))
    shown: dict[str, Any] = {
        "id": user.id,
        "aud": "authenticated",
        "role": "authenticated",
        "email": user.email,
        "phone": user.phone,
        "app_metadata": {"provider": providers[0], "providers": providers} if providers else {},
        "user_metadata": user.metadata,
        "identities": [_identity_json(user, identity) for identity in user.identities],
        "created_at": stamp(user.created_at),
        "updated_at": stamp(user.created_at),
        "is_anonymous": user.anonymous,
    }
    maybe = {
        "email_confirmed_at": stamp(user.confirmed_at),
        "phone_confirmed_at": stamp(user.phone_confirmed_at),
        "confirmed_at": stamp(user.confirmed_at or user.phone_confirmed_at),
        "confirmation_sent_at": stamp(user.sent.get(Purpose.CONFIRMATION)),
        "recovery_sent_at": stamp(user.sent.get(Purpose.RECOVERY)),
        "last_sign_in_at": stamp(user.signed_in_at),
        "new_email": user.new_email,
        "new_phone": user.new_phone,
        "factors": [_factor_json(factor) for factor in user.factors],
    }
    return shown | {name: value for name, value in maybe.items() if value}


def _identity_json(user: User, identity: Identity) -> dict[str, Any]:
    made = stamp(identity.created_at)
    return {
        "identity_id": identity.id,
        "id": identity.subject,
        "user_id": user.id,
        "identity_data": {"email": identity.email, "sub": identity.subject},
        "provider": identity.provider,
        "email": identity.email,
        "last_sign_in_at": made,
        "created_at": made,
        "updated_at": made,
    }


def _factor_json(factor: Factor) -> dict[str, Any]:
    return {
        "id": factor.id,
        "friendly_name": factor.name,
        "factor_type": "totp",
        "status": "verified" if factor.verified else "unverified",
        "created_at": stamp(factor.created_at),
        "updated_at": stamp(factor.created_at),
    }
