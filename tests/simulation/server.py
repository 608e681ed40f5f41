"""The auth server of the world: the contract suite's double on virtual time, and the trouble it may be in.

What it issues is noted, because it alone knows which refresh tokens it would still honour.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import parse_qsl

import httpx

from tests.double.accounts import sign_up
from tests.double.api import Call, Reply, respond
from tests.double.clock import Clock
from tests.double.errors import Refusal
from tests.double.project import Project
from tests.double.records import RefreshToken
from tests.double.settings import Settings
from tests.double.tokens import claims_of
from tests.simulation.machine import Machine, Process
from tests.simulation.verdict import Verdict

BASE = "/auth/v1"
URL = "https://project.test" + BASE
EMAIL, PASSWORD = "ada@example.test", "correct horse battery"
Trouble = Literal["", "outage", "storm", "limit", "limit_silent", "dropping", "slow"]

_STATUSES = (500, 502, 503, 504, 520, 530, 540, 408, 425, 403, 400, 401)
_HTML = b"<html><body><h1>Something went wrong</h1></body></html>"


@dataclass
class AuthServer:
    """``trouble`` is what it is in; ``life`` the seconds that an access token lives from now on."""

    machine: Machine
    rng: random.Random
    verdict: Verdict
    algorithm: int
    life: int = 900
    trouble: Trouble = ""
    project: Project = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(algorithm=self.algorithm, autoconfirm=True, jwt_expiry=self.life)
        self.project = Project(settings, Clock(self.machine.true), URL)
        sign_up(self.project, {"email": EMAIL, "password": PASSWORD})
        self.project.sessions.clear()
        self.project.refresh_tokens.clear()

    def live_for(self, seconds: int) -> None:
        """From now on access tokens live so long."""
        self.life = seconds
        self.project.settings = replace(self.project.settings, jwt_expiry=seconds)

    @property
    def banned(self) -> bool:
        return next(iter(self.project.users.values())).banned

    def ban(self, banned: bool) -> None:
        next(iter(self.project.users.values())).banned = banned

    def honours(self, session_id: str) -> bool:
        """Whether there is a refresh token of this session that would be taken, or forgiven, now."""
        session = self.project.sessions.get(session_id)
        if session is None or session.user.banned:
            return False
        rows: list[RefreshToken] = list(self.project.refresh_tokens.values())
        return session.counter is not None or any(row.session is session and not row.revoked for row in rows)

    def answer(self, request: httpx.Request, by: Process) -> httpx.Response:
        """What the server says when it is well."""
        target = request.url
        body: dict[str, Any] = json.loads(request.content) if request.content else {}
        call = Call(
            request.method,
            target.path.removeprefix(BASE),
            dict(parse_qsl(target.query.decode())),
            request.headers,
            body,
        )
        spent = str(body.get("refresh_token", "")) if call.query.get("grant_type") == "refresh_token" else ""
        try:
            reply = respond(self.project, call)
        except Refusal as refusal:
            self.verdict.refused(spent, refusal.code)
            reply = Reply(
                refusal.status, refusal.body("2024-01-01"), {"x-sb-error-code": refusal.code, **refusal.headers}
            )
        else:
            self._note(spent, reply, by)
        return self._written(reply)

    def dated(self, status: int, content: bytes, headers: dict[str, str]) -> httpx.Response:
        date = {"date": formatdate(self.machine.true(), usegmt=True)}
        return httpx.Response(status, headers=date | headers, content=content)

    def out_of_order(self) -> httpx.Response:
        """An answer of the server, or of what stands before it, in a storm."""
        status = self.rng.choice(_STATUSES)
        if self.rng.random() < 0.5:
            return self.dated(status, _HTML if self.rng.random() < 0.8 else b"", {"content-type": "text/html"})
        code = {"code": "unexpected_failure"} if status >= 500 else {}
        return self._written(Reply(status, code | {"message": "Something went wrong"}))

    def too_many(self, *, silent: bool) -> httpx.Response:
        """429, with a ``Retry-After`` or silent about how long."""
        text = "Request rate limit reached"
        headers = {} if silent else {"retry-after": str(self.rng.randint(2, 90))}
        return self._written(Reply(429, {"code": "over_request_rate_limit", "message": text}, headers))

    def sees(self, token: str) -> bool:
        """Whether an API behind it takes this access token: by its end alone, as PostgREST does."""
        return bool(claims_of(token)["exp"] > self.machine.true())

    def _note(self, spent: str, reply: Reply, by: Process) -> None:
        if isinstance(reply.body, dict) and "refresh_token" in reply.body:
            session_id = claims_of(reply.body["access_token"])["session_id"]
            self.verdict.issued(session_id, reply.body["refresh_token"], spent, by)

    def _written(self, reply: Reply) -> httpx.Response:
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        return self.dated(reply.status, content, {"content-type": "application/json", **reply.headers})
