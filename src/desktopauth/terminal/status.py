"""``status``: who is signed in on this machine, by what is stored; no server is asked and nothing is refreshed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from desktopauth.core.errors import VaultProblem
from desktopauth.core.models import Session
from desktopauth.terminal.target import Target
from desktopauth.terminal.words import duration, printable, vault_sentence

SOMEBODY, NOBODY, UNKNOWN = 0, 1, 2


def status(target: Target, say: Callable[[str], None], *, as_json: bool) -> int:
    """Say it; 0 for somebody, 1 for nobody, 2 if it cannot be told."""
    place, session, problem = _look(target)
    code = UNKNOWN if problem else SOMEBODY if session else NOBODY
    if as_json:
        say(json.dumps(_facts(place, session, problem, code), indent=2))
    else:
        for line in _lines(place, session, problem):
            say(line)
    return code


def _look(target: Target) -> tuple[str, Session | None, str]:
    if target.in_memory:
        return "memory", None, "Sessions are kept in memory only, so only the open window knows who is signed in."
    try:
        seen = target.glance()
    except TimeoutError:
        return "", None, vault_sentence(VaultProblem.WAITING)
    except OSError as error:
        return "", None, f"The folder for locks can't be used: {error.strerror or error}"
    problem = vault_sentence(seen.problem) if seen.problem else ""
    return seen.place, None if seen.signed_out else seen.session, problem


def _facts(place: str, session: Session | None, problem: str, code: int) -> dict[str, object]:
    left = _left(session) if session else None
    return {
        "signed_in": None if code == UNKNOWN else session is not None,
        "email": session.user.email if session else None,
        "user_id": session.user.id if session else None,
        "place": place or None,
        "token_seconds_left": None if left is None else max(0, round(left)),
        "problem": problem or None,
    }


def _lines(place: str, session: Session | None, problem: str) -> list[str]:
    if problem:
        return ["It can't be told who is signed in here.", problem]
    if session is None:
        return ["Nobody is signed in here."]
    who = session.user.email or session.user.id
    return [f"{printable(who)} is signed in here.", f"Kept in: {place}", f"Access token: {_life(_left(session))}"]


def _life(left: float) -> str:
    if left > 0:
        return f"{duration(left)} left; the app renews it in time"
    return f"ended {duration(left)} ago; the app renews it at its next start"


def _left(session: Session) -> float:
    """Seconds of the access token's life that are left, on the server's clock."""
    return session.expires_at - (time.time() + session.skew)
