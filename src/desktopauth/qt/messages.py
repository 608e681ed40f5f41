"""One sentence for everything that can go wrong: what happened and what to do; no blame, no code, no server English."""

from __future__ import annotations

import math
from typing import Literal

from desktopauth.core.errors import ErrorKind, Problem, VaultProblem
from desktopauth.core.revocation import SignOutStatus
from desktopauth.core.state import Connection, Health, Reason, SignedOut

Place = Literal["email", "password", "code", "form"]
Concern = ErrorKind | VaultProblem | Connection | Literal["clock"]

_SENTENCES = {
    ErrorKind.BAD_CREDENTIALS: "That email and password don't match.",
    ErrorKind.BAD_KEY: "This app's key isn't accepted by its project. Check the publishable key.",
    ErrorKind.CAPTIVE_PORTAL: "This network wants you to sign in to it first. Open any web page, then come back.",
    ErrorKind.CODE_REFUSED: "That code is wrong or has expired. Check it, or ask for a new one.",
    ErrorKind.EMAIL_NOT_CONFIRMED: "Confirm your email first. We can send the code again.",
    ErrorKind.INVALID_EMAIL: "That doesn't look like an email address.",
    ErrorKind.MISUSE: "Something in this app went wrong before asking. Try again, or restart the app.",
    ErrorKind.OFFLINE: "The sign-in service can't be reached. Check your connection and try again.",
    ErrorKind.PASSWORD_MISSING: "Enter your password.",
    ErrorKind.REFUSED: "The sign-in service said no. Try again in a moment.",
    ErrorKind.SERVER: "The sign-in service isn't answering properly. Try again in a moment.",
    ErrorKind.SESSION_ENDED: "Your session ended. Sign in again.",
    ErrorKind.SESSION_MISSING: "Sign in first.",
    ErrorKind.SIGN_UP_CLOSED: "This project isn't open for new accounts this way.",
    ErrorKind.TABLE_MISSING: "This project has no notes table yet. The README says how to make one.",
    ErrorKind.UNTRUSTED_CERTIFICATE: "This connection isn't private: its certificate isn't trusted. Try another one.",
    ErrorKind.USER_BANNED: "This account is suspended. Ask whoever runs this service.",
    ErrorKind.USER_EXISTS: "There's an account with this email already. Sign in instead.",
}
_RULES = {
    "characters": "mix letters, digits and symbols",
    "length": "make it longer",
    "pwned": "don't use one that was leaked elsewhere",
}
_PLACES: dict[ErrorKind, Place] = {
    ErrorKind.BAD_CREDENTIALS: "password",
    ErrorKind.CODE_REFUSED: "code",
    ErrorKind.INVALID_EMAIL: "email",
    ErrorKind.PASSWORD_MISSING: "password",
    ErrorKind.USER_EXISTS: "email",
    ErrorKind.WEAK_PASSWORD: "password",
}
_STORE = {
    VaultProblem.CORRUPT: "What your system keyring holds for this app can't be read. It was left as it is.",
    VaultProblem.DENIED: "Your system keyring said no to this app.",
    VaultProblem.FULL: "Your system keyring couldn't keep your sign-in. Its disk may be full.",
    VaultProblem.LOCKED: "Your system keyring is locked.",
    VaultProblem.OCCUPIED: "Somebody else's sign-in is kept on this computer.",
    VaultProblem.TOO_LARGE: "Your system keyring can't take a sign-in of this size.",
    VaultProblem.UNAVAILABLE: "No system keyring was found.",
    VaultProblem.WAITING: "Waiting for your system keyring. It may be asking for its password in another window.",
}
_REASONS = {
    Reason.NONE: "",
    Reason.USER: "You're signed out.",
    Reason.EXPIRED: "Your session ended. Sign in again.",
    Reason.REVOKED: "You were signed out from another place. Sign in again.",
    Reason.BANNED: "This account is suspended. Ask whoever runs this service.",
    Reason.ELSEWHERE: "You signed out in another window.",
    Reason.REPLACED: "Somebody else signed in, in another window.",
}


def sentence(problem: Problem) -> str:
    """What the person is told about a failed request."""
    if problem.kind is ErrorKind.RATE_LIMITED:
        wait = problem.retry_after
        return (
            f"Too many tries. Try again in {math.ceil(wait)} s." if wait else "Too many tries. Try again in a minute."
        )
    if problem.kind is ErrorKind.WEAK_PASSWORD:
        rules = ", ".join(_RULES[reason] for reason in problem.reasons if reason in _RULES)
        return f"Choose a stronger password: {rules or 'make it longer'}."
    return _SENTENCES[problem.kind]


def place_of(problem: Problem) -> Place:
    """The field that the sentence stands by."""
    return _PLACES.get(problem.kind, "form")


def store_sentence(problem: VaultProblem) -> str:
    """What the person is told about the keyring."""
    return _STORE[problem]


def unsaved_sentence(problem: VaultProblem) -> str:
    """The same while working on: what it means for them."""
    return f"{_STORE[problem]} You'll be signed out when you quit."


def reason_sentence(reason: Reason) -> str:
    """Why the sign-in view is there; empty where that needs no word."""
    return _REASONS[reason]


# What the person can mend now comes first, then what passes by itself, then what has to be lived with.
_RANK: tuple[Concern, ...] = (
    ErrorKind.CAPTIVE_PORTAL,
    ErrorKind.UNTRUSTED_CERTIFICATE,
    VaultProblem.OCCUPIED,
    VaultProblem.LOCKED,
    VaultProblem.WAITING,
    VaultProblem.FULL,
    "clock",
    ErrorKind.BAD_KEY,
    Connection.OFFLINE,
    Connection.DEGRADED,
    VaultProblem.DENIED,
    VaultProblem.CORRUPT,
    VaultProblem.TOO_LARGE,
    VaultProblem.UNAVAILABLE,
)
_OVER_THE_WORK: dict[Concern, str] = {
    ErrorKind.UNTRUSTED_CERTIFICATE: "This network's connection isn't private. Try another one; you're still signed in.",
    VaultProblem.OCCUPIED: "Somebody else's sign-in is kept on this computer. You'll be signed out when you quit.",
    "clock": "This computer's clock seems to be wrong. Sign-in keeps working, but it's best to set it right.",
    Connection.OFFLINE: "Offline. We'll reconnect by ourselves.",
    Connection.DEGRADED: "The sign-in service has trouble. You're still signed in here.",
}


def concern(health: Health) -> Concern | None:
    """What is wrong around a session that goes on: of several things the one that the person can do most about."""
    found: set[Concern] = {health.memory_only} if health.memory_only else set()
    if health.clock_off:
        found.add("clock")
    if health.cause in _RANK:
        found.add(health.cause)
    elif health.connection is not Connection.ONLINE:
        found.add(health.connection)
    return next((each for each in _RANK if each in found), None)


def concern_sentence(about: Concern) -> str:
    """The one quiet line over the work."""
    if about in _OVER_THE_WORK:
        return _OVER_THE_WORK[about]
    if isinstance(about, VaultProblem):
        return unsaved_sentence(about)
    return _SENTENCES[ErrorKind(about)]


def others_sentence(status: SignOutStatus) -> str:
    """How far signing out the other devices is."""
    return _OTHERS[status]
