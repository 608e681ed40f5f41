"""One project of the double: its settings, clock, tables and mailbox; what every endpoint works on."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.double.clock import Clock
from tests.double.errors import too_soon
from tests.double.records import Challenge, Code, Flow, Identity, Purpose, RefreshToken, Session, User
from tests.double.settings import Settings


@dataclass(frozen=True)
class Sent:
    """A mail that went out."""

    to: str
    subject: str
    text: str


@dataclass
class Project:
    """Everything that a server remembers."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)
    url: str = ""  # of the auth API, without a slash at the end
    users: dict[str, User] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    mails: list[Sent] = field(default_factory=list)
    outbox: Path | None = None  # where mails are written to as well, one JSON per line

    def now(self) -> float:
        return self.clock.now()

    def user_by_email(self, email: str) -> User | None:
        return next((user for user in self.users.values() if email and user.email == email), None)

    def user_by_phone(self, phone: str) -> User | None:
        return next((user for user in self.users.values() if phone and user.phone == phone), None)

    def register(self, email: str, *, metadata: dict[str, Any]) -> User:
        user = User(email, self.now(), metadata=metadata)
        user.identities.append(Identity("email", user.id, email, self.now()))
        self.users[user.id] = user
        return user

    def register_phone(self, phone: str, *, metadata: dict[str, Any]) -> User:
        user = User("", self.now(), phone=phone, metadata=metadata)
        user.identities.append(Identity("phone", user.id, "", self.now()))
        self.users[user.id] = user
        return user

    def sessions_of(self, user: User) -> list[Session]:
        return [session for session in self.sessions.values() if session.user is user]

    def end(self, session: Session) -> None:
        """Delete a session; its refresh tokens go with it."""
        self.sessions.pop(session.id, None)
        self.refresh_tokens = {k: row for k, row in self.refresh_tokens.items() if row.session is not session}

    def remove(self, user: User) -> None:
        for session in self.sessions_of(user):
            self.end(session)
        self.users.pop(user.id, None)

    def mail(
        self, user: User, purpose: Purpose, address: str, subject: str, kind: str, flow: Flow | None = None
    ) -> None:
        """Mail a code, and the link that does the same; once per pause for each purpose."""
        self.check_pause(user, purpose)
        code = Code(f"{secrets.randbelow(10**6):06}", address, self.now(), flow=flow)
        user.codes[purpose], user.sent[purpose] = code, code.sent_at
        if flow and flow.challenge:
            code.token = f"pkce_{code.token}"
        there = f"&{urlencode({'redirect_to': flow.redirect_to})}" if flow else ""
        link = f"{self.url}/verify?token={code.token}&type={kind}{there}"
        self.deliver(Sent(address, subject, f"Your code is {code.value}\n\nOr follow this link: {link}\n"))

    def text(self, user: User, purpose: Purpose, phone: str) -> None:
        """Text a code; once per pause for each purpose."""
        left = user.sent.get(purpose, 0) + self.settings.text_pause - self.now()
        if left > 0:
            raise too_soon(left, "over_sms_send_rate_limit")
        code = Code(f"{secrets.randbelow(10**6):06}", phone, self.now())
        user.codes[purpose], user.sent[purpose] = code, code.sent_at
        self.deliver(Sent(phone, "", f"Your code is {code.value}"))

    def deliver(self, mail: Sent) -> None:
        self.mails.append(mail)
        if self.outbox is not None:
            with self.outbox.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(mail)) + "\n")

    def check_pause(self, user: User, purpose: Purpose) -> None:
        """Raise the 429 of a mail that comes too soon after the last one."""
        left = user.sent.get(purpose, 0) + self.settings.mail_pause - self.now()
        if left > 0:
            raise too_soon(left)
