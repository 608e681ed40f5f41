"""Every call of the gateway as a table: how it is made, what it must send, and what a server says to it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.pool import Pool
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


@dataclass(frozen=True)
class Verb:
    """``secret``: what the call is made with is the bearer (``own_token``), or lies in the body, and the key is it."""

    call: Callable[[SupabaseGateway, str], Awaitable[object]]
    method: str
    path: str
    reply: Callable[[], Reply] = ok
    own_token: bool = False

    def secret(self) -> str:
        return jwt(exp=LONG_AGO, session_id="3f6f") if self.own_token else made_up()

    def check(self, seen: Seen, secret: str) -> None:
        assert (seen.method, seen.path) == (self.method, self.path)
        assert seen.all("apikey") == [KEY]
        assert seen.all("authorization") == [f"Bearer {secret if self.own_token else KEY}"]
        assert (secret in seen.body.decode()) is not self.own_token


VERBS = {
    "sign_up": Verb(lambda g, s: g.sign_up(MAIL, s), "POST", "/auth/v1/signup"),
    "sign_in": Verb(lambda g, s: g.sign_in(MAIL, s), "POST", "/auth/v1/token?grant_type=password"),
    "resend": Verb(lambda g, s: g.resend_confirmation(s), "POST", "/auth/v1/resend", lambda: Reply(200, {})),
    "verify": Verb(lambda g, s: g.verify(MAIL, s), "POST", "/auth/v1/verify"),
    "refresh": Verb(lambda g, s: g.refresh(s), "POST", "/auth/v1/token?grant_type=refresh_token"),
    "user": Verb(lambda g, s: g.user(s), "GET", "/auth/v1/user", lambda: Reply(200, PERSON), own_token=True),
    "sign_out": Verb(
        lambda g, s: g.sign_out(s, "local"), "POST", "/auth/v1/logout?scope=local", lambda: Reply(204), own_token=True
    ),
}


def answer(seen: Seen) -> Reply:
    """What a healthy server says."""
    return next(verb.reply() for verb in VERBS.values() if (verb.method, verb.path) == (seen.method, seen.path))


def nobody_minds(_server_time: float, _took: float) -> None:
    """For who does not ask for the server's time."""


def gateway(url: str, pool: Pool, observe: Callable[[float, float], None] = nobody_minds) -> SupabaseGateway:
    return SupabaseGateway(f"{url}/auth/v1", KEY, pool, observe=observe)
