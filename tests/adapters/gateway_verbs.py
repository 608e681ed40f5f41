"""Every call of the gateway as a table: how it is made, what it must send, and what a server says to it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.pool import Pool
from desktopauth.core.models import UserChange
from tests.scripted_server import Reply, Seen

KEY = "sb_publishable_only_a_key_for_tests_00000"
MAIL = "ada@example.com"
PERSON = {"id": "6c1f0b3e-0000-4000-8000-000000000001", "email": MAIL}
LONG_AGO = 1_000_000_000


def mark() -> str:
    """What every secret made here holds, so that one search of a memory finds them all; in no constant as a whole."""
    return "kramterc5e"[::-1] + "s"


def made_up() -> str:
    return secrets.token_hex(12) + mark()


def jwt(**claims: Any) -> str:
    def part(what: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part(claims)}.{made_up()}"


def tokens() -> dict[str, Any]:
    """The answer of a sign-in, whose access token has long expired: nothing in the gateway may mind."""
    access = jwt(exp=LONG_AGO, session_id="3f6f", sub=PERSON["id"])
    whole = {"access_token": access, "refresh_token": made_up(), "token_type": "bearer", "user": PERSON}
    return {**whole, "expires_in": 3600, "expires_at": LONG_AGO}


def ok() -> Reply:
    return Reply(200, tokens())


def empty() -> Reply:
    return Reply(200, {})


def found() -> Reply:
    return Reply(200, PERSON)


def away() -> Reply:
    """To the provider's page."""
    return Reply(302, b"", {"Location": "https://provider.test/login?state=1"})


SETTINGS = {"external": {"email": True, "github": True, "google": False}, "disable_signup": False}
CHALLENGE = "a" * 43
NO_CAPTCHA = {"gotrue_meta_security": {"captcha_token": None}}  # the SDK's own way to say that there is none
Place = Literal["body", "bearer", "address", "nowhere"]


@dataclass(frozen=True)
class Verb:
    """``secret`` is what the call is made with; ``place`` is where it lies on the wire, and nowhere else.

    ``body`` is the whole JSON that goes out, None for no body at all. ``bearer`` is who asks if the secret is not;
    nobody at all, not even the app by its key, in a call that is ``unsigned``.
    """

    call: Callable[[SupabaseGateway, str], Awaitable[object]]
    method: str
    path: str
    reply: Callable[[], Reply] = ok
    place: Place = "body"
    body: Callable[[str], dict[str, Any]] | None = None
    unsigned: bool = False
    bearer: str = KEY

    def secret(self) -> str:
        match self.place:
            case "bearer":
                return jwt(exp=LONG_AGO, session_id="3f6f")
            case "address":  # not marked: urllib.parse keeps the last addresses that it took apart
                return secrets.token_hex(12)
            case _:
                return made_up()

    def answers(self, seen: Seen) -> bool:
        path = seen.path.partition("?")[0] if self.place == "address" else seen.path
        return (self.method, self.path) == (seen.method, path)

    def check(self, seen: Seen, secret: str) -> None:
        assert self.answers(seen)
        assert seen.all("apikey") == [KEY] * (self.place != "address")
        assert seen.all("authorization") == ([] if self.unsigned else [f"Bearer {self._bearer(secret)}"])
        assert (json.loads(seen.body) if seen.body else None) == (self.body(secret) if self.body else None)
        assert (secret in seen.body.decode()) is (self.place == "body")
        assert (secret in seen.path) is (self.place == "address")

    def _bearer(self, secret: str) -> str:
        return secret if self.place == "bearer" else self.bearer


CHANGE = UserChange(
    facts={"name": "Ada"}, email="grace@example.com", phone="+15550100", password="a new one", nonce="1"
)
VERBS = {
    "sign_up": Verb(
        lambda g, s: g.sign_up(MAIL, s),
        "POST",
        "/auth/v1/signup",
        body=lambda s: {"email": MAIL, "password": s, "data": {}, **NO_CAPTCHA},
    ),
    "sign_in": Verb(
        lambda g, s: g.sign_in(MAIL, s),
        "POST",
        "/auth/v1/token?grant_type=password",
        body=lambda s: {"email": MAIL, "password": s, "data": {}, **NO_CAPTCHA},
    ),
    "sign_in_with_id_token": Verb(
        lambda g, s: g.sign_in_with_id_token("google", s),
        "POST",
        "/auth/v1/token?grant_type=id_token",
        body=lambda s: {"provider": "google", "id_token": s, "access_token": None, "nonce": None, **NO_CAPTCHA},
    ),
    "authorize": Verb(
        lambda g, s: g.authorize("github", redirect_to=s, challenge=CHALLENGE, scopes="", options={}),
        "GET",
        "/auth/v1/authorize",
        away,
        place="address",
        unsigned=True,
    ),
    "exchange": Verb(
        lambda g, s: g.exchange("the-code", s),
        "POST",
        "/auth/v1/token?grant_type=pkce",
        body=lambda s: {"auth_code": "the-code", "code_verifier": s},
    ),
    "send_code": Verb(
        lambda g, s: g.send_code(f"{s}@example.com", create=False),
        "POST",
        "/auth/v1/otp",
        empty,
        body=lambda s: {"email": f"{s}@example.com", "create_user": False, "data": None, **NO_CAPTCHA},
    ),
    "recover": Verb(
        lambda g, s: g.recover(s), "POST", "/auth/v1/recover", empty, body=lambda s: {"email": s, **NO_CAPTCHA}
    ),
    "resend": Verb(
        lambda g, s: g.resend_confirmation(s),
        "POST",
        "/auth/v1/resend",
        empty,
        body=lambda s: {"email": s, "type": "signup", **NO_CAPTCHA},
    ),
    "verify": Verb(
        lambda g, s: g.verify(MAIL, s),
        "POST",
        "/auth/v1/verify",
        body=lambda s: {"type": "email", "email": MAIL, "token": s, **NO_CAPTCHA},
    ),
    "refresh": Verb(
        lambda g, s: g.refresh(s),
        "POST",
        "/auth/v1/token?grant_type=refresh_token",
        body=lambda s: {"refresh_token": s},
    ),
    "user": Verb(lambda g, s: g.user(s), "GET", "/auth/v1/user", found, place="bearer"),
    "update_user": Verb(
        lambda g, s: g.update_user(s, CHANGE),
        "PUT",
        "/auth/v1/user",
        found,
        place="bearer",
        body=lambda _: {
            "data": {"name": "Ada"},
            "email": "grace@example.com",
            "phone": "+15550100",
            "password": "a new one",
            "nonce": "1",
        },
    ),
    "a new password": Verb(
        lambda g, s: g.update_user("hers", UserChange(password=s, current_password="the old one")),
        "PUT",
        "/auth/v1/user",
        found,
        body=lambda s: {"password": s, "current_password": "the old one"},
        bearer="hers",
    ),
    "reauthenticate": Verb(lambda g, s: g.reauthenticate(s), "GET", "/auth/v1/reauthenticate", empty, place="bearer"),
    "sign_out": Verb(
        lambda g, s: g.sign_out(s, "local"), "POST", "/auth/v1/logout?scope=local", lambda: Reply(204), place="bearer"
    ),
    "project": Verb(
        lambda g, _: g.project(), "GET", "/auth/v1/settings", lambda: Reply(200, SETTINGS), "nowhere", unsigned=True
    ),
}


def answer(seen: Seen) -> Reply:
    """What a healthy server says."""
    return next(verb.reply() for verb in VERBS.values() if verb.answers(seen))


def nobody_minds(_server_time: float, _took: float) -> None:
    """For who does not ask for the server's time."""


def gateway(url: str, pool: Pool, observe: Callable[[float, float], None] = nobody_minds) -> SupabaseGateway:
    return SupabaseGateway(f"{url}/auth/v1", KEY, pool, observe=observe)
