"""The targets: our double, Supabase Lite, and any server that the environment names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from desktopauth.demo.server import EmbeddedServer
from tests.contract.hands import DoubleHands, LiteHands, PostgresHands
from tests.contract.inboxes import DoubleInbox, Inbox, JsonLines, Mailpit
from tests.contract.target import Target
from tests.double.server import BASE, double
from tests.double.settings import Settings

#: What a case can need, and how the double has to be set up for it. Every other server is as it is.
FEATURES: dict[str, dict[str, Any]] = {
    "ageing": {},
    "anonymous": {},
    "autoconfirm": {"autoconfirm": True},
    "captcha": {"captcha": True},
    "characters": {"password_characters": ("abcdefghijklmnopqrstuvwxyz", "0123456789")},
    "closed": {"allow_sign_up": False},
    "current-password": {"current_password": True},
    "denying": {"provider_denies": True},
    "double_confirm": {},
    "gateway": {},
    "id-token": {"providers": ("github", "google")},
    "inactivity": {"inactivity": 3600.0},
    "linking": {},
    "mail": {},
    "mfa": {},
    "no-anonymous": {"anonymous": False},
    "no-autoconfirm": {},
    "no-double_confirm": {"confirm_both": False},
    "no-linking": {"linking": False},
    "no-phone": {"phone": False},
    "oauth": {},
    "phone": {},
    "reauthentication": {"reauthenticate": True},
    "reuse": {},
    "rotation-1": {"algorithm": 1},
    "rotation-2": {"algorithm": 2},
    "signing": {},
    "single_session": {"single_session": True},
    "timebox": {"timebox": 7200.0},
    "unverified": {"provider_verifies": False},
}
MISSING = "--target env needs DESKTOPAUTH_CONTRACT_URL (the base of the auth API) and DESKTOPAUTH_CONTRACT_KEY."


@contextmanager
def double_target(needed: tuple[str, ...], **settings: Any) -> Iterator[Target]:
    """A new double, set up as the case needs it."""
    wanted = dict(settings)
    for name in needed:
        wanted |= FEATURES[name]
    with double(Settings(**wanted)) as server:
        project = server.project
        target = Target(project.url, project.settings.key, DoubleInbox(project), DoubleHands(project))
        target.secret, target.clock = project.settings.jwt_secret, project.now
        target.provider_secret = project.settings.provider_secret
        with closing(target.http):
            yield target


@contextmanager
def lite_target(server: EmbeddedServer) -> Iterator[Target]:
    """The demo's server."""
    keys = json.loads((server.folder / "keys.json").read_text(encoding="utf-8"))
    inbox, hands = JsonLines(server.folder / "mailbox.jsonl"), LiteHands(server.folder / "data.db")
    target = Target(server.url + BASE, server.publishable_key, inbox, hands, secret=keys["jwt_secret"])
    with closing(target.http):
        yield target


@contextmanager
def named_target(needed: tuple[str, ...]) -> Iterator[Target]:
    """The server that the environment names; a case that needs what it was not said to have is skipped."""
    told = Told(os.environ)
    with closing(told.target.http):
        if missing := [name for name in needed if not told.has(name)]:
            pytest.skip(f"this server was not said to have: {', '.join(missing)}")
        yield told.target


class Told:
    """What the environment says about a server."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        prefix = "DESKTOPAUTH_CONTRACT_"
        mailbox, database = environment.get(f"{prefix}MAILBOX"), environment.get(f"{prefix}DB")
        hands = PostgresHands(database) if database else None
        self.target = Target(environment[f"{prefix}URL"].rstrip("/"), environment[f"{prefix}KEY"], hands=hands)
        self.target.inbox, self.target.patience = _inbox(mailbox), 20
        given = {"mail"} if mailbox else set[str]()
        self._features = features(environment) | given | ({"ageing"} if database else set())

    def has(self, feature: str) -> bool:
        """A feature that begins with "no-" is there if the other is not."""
        if feature.startswith("no-"):
            return not self.has(feature.removeprefix("no-"))
        return feature in self._features or (feature == "autoconfirm" and self._autoconfirms())

    def _autoconfirms(self) -> bool:
        answer = self.target.get("/settings")
        return answer.status_code == httpx.codes.OK and bool(answer.json().get("mailer_autoconfirm"))


def features(environment: Mapping[str, str]) -> set[str]:
    """The words of DESKTOPAUTH_CONTRACT_FEATURES."""
    words = environment.get("DESKTOPAUTH_CONTRACT_FEATURES", "").split(",")
    return {word.strip() for word in words if word.strip()}


def complaint(environment: Mapping[str, str]) -> str | None:
    """What is wrong with what the environment says."""
    if not all(environment.get(f"DESKTOPAUTH_CONTRACT_{name}") for name in ("URL", "KEY")):
        return MISSING
    unknown = ", ".join(sorted(features(environment) - set(FEATURES)))
    known = ", ".join(sorted(FEATURES))
    return f"DESKTOPAUTH_CONTRACT_FEATURES has {unknown}; the cases know {known}." if unknown else None


def _inbox(place: str | None) -> Inbox | None:
    if not place:
        return None
    return Mailpit(place) if place.startswith(("http://", "https://")) else JsonLines(Path(place))
