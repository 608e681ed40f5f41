"""One sentence for everything that can go wrong: what happened and what to do; no blame, no code, no server English."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from desktopauth.core.errors import ErrorKind, Problem, VaultProblem
from desktopauth.core.state import Interrupted, Reason, SignedOut

if TYPE_CHECKING:  # it brings asyncio along
    from desktopauth.core.revocation import SignOutStatus

Place = Literal["email", "password", "current", "code", "form"]

TRY_NOW = "You can try again now."

_SENTENCES = {
    ErrorKind.BAD_CREDENTIALS: "That email and password don't match.",
    ErrorKind.BAD_KEY: "This app's key isn't accepted by its project. Check the publishable key.",
    ErrorKind.BROWSER_DENIED: "The sign-in was stopped in your browser. Try again, or choose another way.",
    ErrorKind.BROWSER_SILENT: (
        "Your browser never came back here. Try again. If it never does, this app's address may be missing "
        "from the project's redirect allow-list."
    ),
    ErrorKind.BROWSER_STALE: "That sign-in took too long or was used already. Start it again.",
    ErrorKind.BROWSER_UNAVAILABLE: "No browser could be opened. Copy the link and open it yourself.",
    ErrorKind.CANCELLED: "That was stopped before it was done. Start it again if you still want it.",
    ErrorKind.CAPTCHA_WANTED: "This project asks for a picture puzzle first. Sign in with your browser instead.",
    ErrorKind.CAPTIVE_PORTAL: "This network wants you to sign in to it first. Open any web page, then come back.",
    ErrorKind.CODE_REFUSED: "That code is wrong or has expired. Check it, or ask for a new one.",
    ErrorKind.CURRENT_PASSWORD_WANTED: "Enter your current password too.",
    ErrorKind.CURRENT_PASSWORD_WRONG: "That isn't your current password.",
    ErrorKind.EMAIL_NOT_CONFIRMED: "Confirm your email first. We can send the code again.",
    ErrorKind.IDENTITY_TAKEN: "Somebody else here uses that account already. Choose another one, or sign in with it.",
    ErrorKind.INVALID_EMAIL: "That doesn't look like an email address.",
    ErrorKind.INVALID_PHONE: "That doesn't look like a phone number. Begin with + and the country, like +49.",
    ErrorKind.KEYRING_SILENT: "Your system keyring doesn't answer. It may be asking for its password.",
    ErrorKind.LINK_LATE: "Your email is confirmed, but the link came too late to sign you in here. Sign in now.",
    ErrorKind.LINK_REFUSED: "That link doesn't work any more. Ask for a new code.",
    ErrorKind.LOOPBACK_UNAVAILABLE: "This computer gives your browser no way back to this app. Try again.",
    ErrorKind.MISUSE: "Something in this app went wrong before asking. Try again, or restart the app.",
    ErrorKind.OFFLINE: "The sign-in service can't be reached. Check your connection and try again.",
    ErrorKind.PASSWORD_MISSING: "Enter your password.",
    ErrorKind.PASSWORD_TOO_LONG: "That password is too long. Use 72 characters at most, fewer with accents or Hangul.",
    ErrorKind.PROVIDER_OFF: "This project doesn't offer that way to sign in. Choose another one.",
    ErrorKind.PROVIDER_TOKEN_MISSING: "Sign in there once more, so that this app may use your account there.",
    ErrorKind.PROVIDER_UNVERIFIED: "Confirm your email address there first, then try again.",
    ErrorKind.REAUTHENTICATION_WANTED: "Enter the code that was sent to you, so that we know it's you.",
    ErrorKind.REFUSED: "The sign-in service said no. Try again in a moment.",
    ErrorKind.SAME_PASSWORD: "That's the password you have already. Choose a new one.",
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
    ErrorKind.CURRENT_PASSWORD_WANTED: "current",
    ErrorKind.CURRENT_PASSWORD_WRONG: "current",
    ErrorKind.INVALID_EMAIL: "email",
    ErrorKind.INVALID_PHONE: "email",
    ErrorKind.LINK_REFUSED: "code",
    ErrorKind.PASSWORD_MISSING: "password",
    ErrorKind.PASSWORD_TOO_LONG: "password",
    ErrorKind.REAUTHENTICATION_WANTED: "code",
    ErrorKind.SAME_PASSWORD: "password",
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
    VaultProblem.UNWANTED: "As you asked, your sign-in isn't kept on this computer.",
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
_UNREVOKED = (
    "Last time you were signed out on this computer, but the app closed before the sign-in service was told. "
    "If that matters, sign in and sign out everywhere."
)
_OTHERS: dict[SignOutStatus, str] = {
    "pending": "Signing out your other devices\N{HORIZONTAL ELLIPSIS}",
    "revoked": "Your other devices are signed out. What is open there may take a while to notice.",
    "failed": "Your other devices couldn't be signed out. Try again in a moment.",
}
_EVERYWHERE: dict[SignOutStatus, str] = {
    "pending": "Your other devices are being signed out\N{HORIZONTAL ELLIPSIS}",
    "revoked": "So are your other devices; what is open there may take a while to notice.",
    "failed": "Your other devices couldn't be signed out. If that matters, sign in and try again.",
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
    return sentence_of(problem.kind)


def sentence_beside(problem: Problem | None, *, retry_at: float, counts: bool) -> str:
    """The same beside a countdown to ``retry_at``, which tells the seconds.

    Both of its sentences fit on one line: nothing may move under a pointer that has waited for its end.
    """
    if problem and problem.kind is ErrorKind.RATE_LIMITED and retry_at:
        return "Too many tries for now." if counts else TRY_NOW
    return sentence(problem) if problem else ""


def sentence_of(kind: ErrorKind) -> str:
    """The same where the kind is all that there is to say."""
    return _SENTENCES[kind]


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


def signed_out_sentence(session: SignedOut | Interrupted) -> str:
    """Everything that the form says before it asks: why it is there, and what a sign-in now would not do."""
    unrevoked = _UNREVOKED if isinstance(session, SignedOut) and session.unrevoked else ""
    trouble = session.memory_only if session.memory_only is not VaultProblem.UNWANTED else None  # a box there says it
    unsaved = unsaved_sentence(trouble) if trouble else ""
    return " ".join(filter(None, (reason_sentence(session.reason), unrevoked, unsaved)))


def others_sentence(status: SignOutStatus) -> str:
    """How far signing out the other devices is, said to who stays."""
    return _OTHERS[status]


def everywhere_sentence(status: SignOutStatus) -> str:
    """The same, said to who is signed out here."""
    return _EVERYWHERE[status]
