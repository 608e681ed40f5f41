"""The server under test as the cases see it: raw HTTP, a mailbox, and hands behind its back where there are any."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.hands import Hands
from tests.contract.inboxes import Inbox, Mail
from tests.double import tokens
from tests.double.errors import NEW_BODIES
from tests.double.id_tokens import CLIENT

PASSWORD = "correct horse battery 1"
OTHER_PASSWORD = "staple battery horse 2"
F = TypeVar("F", bound=Callable[..., Any])


def needs(*features: str) -> Callable[[F], F]:
    """What a case takes: a server without it, that was named by the environment, is spared the case."""
    return pytest.mark.needs(*features)


def needed_by(case: Callable[..., Any]) -> tuple[str, ...]:
    """What ``needs`` said, of a case that pytest has not collected."""
    return tuple(name for mark in getattr(case, "pytestmark", []) if mark.name == "needs" for name in mark.args)


@dataclass
class Person:
    """Somebody with an account, signed in."""

    email: str
    session: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.session["user"]["id"])

    @property
    def refresh_token(self) -> str:
        return str(self.session["refresh_token"])


@dataclass
class Target:
    """One server. ``url`` is the base of its auth API; ``secret`` signs its access tokens, if we know it.

    ``provider_secret`` signs the ID tokens of the providers that it believes.
    """

    url: str
    key: str
    inbox: Inbox | None = None
    hands: Hands | None = None
    secret: str | None = None
    provider_secret: str | None = None
    patience: float = 1  # seconds that a mail has to arrive
    clock: Callable[[], float] = time.time
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"apikey": self.key, "X-Supabase-Api-Version": NEW_BODIES}
        encrypted = self.url.startswith("https:")  # else no certificates need be loaded, for each case anew
        self.http = httpx.Client(base_url=self.url, headers=headers, verify=encrypted, trust_env=False, timeout=30)

    def ask(self, method: str, path: str, body: Any = None, *, by: Any = None, **options: Any) -> httpx.Response:
        """One request; ``by`` is the session, or the access token, of who asks."""
        token = by["access_token"] if isinstance(by, dict) else by
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.http.request(method, path, json=body, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.ask("POST", path, {} if body is None else body, **options)

    def put(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return self.ask("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("DELETE", path, **options)

    # ---- what most cases begin with

    def stranger(self) -> str:
        """An address that nobody has used."""
        return f"{uuid.uuid4().hex[:16]}@example.com"

    def number(self) -> str:
        """A phone number that nobody has used."""
        return f"+999{uuid.uuid4().int % 10**11:011}"

    def sign_up(self, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        return self.post("/signup", {"email": email, "password": password, **more})

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/token", {"email": email, "password": password}, params={"grant_type": "password"})

    def refresh(self, token: str) -> httpx.Response:
        return self.post("/token", {"refresh_token": token}, params={"grant_type": "refresh_token"})

    def verify(self, email: str, code: str, kind: str) -> httpx.Response:
        return self.post("/verify", {"type": kind, "email": email, "token": code})

    def somebody(self) -> Person:
        """A new account, confirmed by mail if the server wants that, and its first session."""
        email = self.stranger()
        answer = worked(self.sign_up(email))
        if "access_token" not in answer:
            answer = worked(self.verify(email, self.code(email), "signup"))
        return Person(email, answer)

    # ---- mails

    def mails(self, to: str) -> list[Mail]:
        assert self.inbox, "this server's mails cannot be read"
        return self.inbox.mails(to)

    def mail(self, to: str, number: int = 1) -> Mail:
        """The mail of this number to an address, once it is there."""
        last = time.monotonic() + self.patience
        while len(found := self.mails(to)) < number:
            assert time.monotonic() < last, f"mail number {number} has not come"
            time.sleep(0.02)
        return found[number - 1]

    def code(self, to: str, number: int = 1) -> str:
        return self.mail(to, number).code

    # ---- behind its back

    def age(self, person: Person, seconds: float) -> None:
        """Everything that the server keeps of this person is now older."""
        assert self.hands, "nothing can be made older there"
        self.hands.age(person.id, seconds)

    def id_token(self, email: str, **more: Any) -> str:
        """What a provider would say of who has this address."""
        assert self.provider_secret, "no provider that it believes is at hand"
        said = {"sub": email, "email": email, "aud": CLIENT, "exp": self.clock() + 300}
        return tokens.sign(said | more, self.provider_secret)

    def expired(self, session: dict[str, Any]) -> str:
        """The session's access token as it would be if it had been issued a day ago."""
        assert self.secret, "the key that signs its tokens is not known"
        claims = tokens.claims_of(session["access_token"])
        return tokens.sign({**claims, "iat": claims["iat"] - 86_400, "exp": claims["exp"] - 86_400}, self.secret)


def browse(url: str) -> str:
    """Where a browser is sent on from an address: no key, no following, and no log of what is in the fragment."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    with closing(kind(parts.netloc, timeout=30)) as browser:
        browser.request("GET", f"{parts.path}?{parts.query}")
        answer = browser.getresponse()
        assert answer.status in (302, 303), f"{parts.path} answered {answer.status}, no redirect"
        return str(answer.headers["Location"])


def claims(session: dict[str, Any]) -> dict[str, Any]:
    """What the access token of a session says."""
    return tokens.claims_of(session["access_token"])


def worked(answer: httpx.Response) -> Any:
    """The JSON of an answer that has to be 200."""
    assert answer.status_code == 200, f"{answer.request.url.path} answered {answer.status_code} {error_code(answer)}"
    assert "json" in answer.headers.get("content-type", ""), f"{answer.request.url.path} answered no JSON"
    return answer.json()


def error_code(answer: httpx.Response) -> str | None:
    """The word for what went wrong, wherever the server put it."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    words = (body.get("code"), body.get("error_code"), answer.headers.get("x-sb-error-code"))
    return next((word for word in words if isinstance(word, str)), None)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The JSON of a refusal, which has to have this status and this word; its text is under "message" either way."""
    said = (answer.status_code, error_code(answer))
    assert said == (status, code), f"{answer.request.url.path} answered {said}, not {(status, code)}"
    body = answer.json()
    return {"message": body.get("msg"), **body}
