"""What to show, as one frozen value: who is signed in, and what is being asked right now.

Both change independently, so ``AuthState`` is a pair. Views are functions of it, and ``core/reduce.py`` is the only way
to the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, assert_never

from .errors import ErrorKind, Problem, VaultProblem
from .models import User

Status = Literal["loading", "authenticated", "unauthenticated"]
FormPurpose = Literal["sign_in", "sign_up"]
AddressPurpose = Literal["sign_in", "recovery"]
CodePurpose = Literal["sign_in", "confirm", "recovery", "email_change"]
Proof = Literal["none", "current_password", "code"]


class Reason(StrEnum):
    """Why nobody is signed in."""

    NONE = "none"  # nobody was
    USER = "user"  # signed out here
    EXPIRED = "expired"
    REVOKED = "revoked"
    BANNED = "banned"
    ELSEWHERE = "elsewhere"  # signed out in another copy of the app
    REPLACED = "replaced"  # another person signed in, in another copy


class TokenHealth(StrEnum):
    """How good the access token is."""

    FRESH = "fresh"
    STALE = "stale"  # due for a refresh, still good
    EXPIRED = "expired"


class Connection(StrEnum):
    """How the last refresh found the server."""

    ONLINE = "online"
    OFFLINE = "offline"  # no answer
    DEGRADED = "degraded"  # answers, but not properly


@dataclass(frozen=True, slots=True)
class Health:
    """How well the session is: flags for one quiet line, never a reason to sign anybody out.

    ``memory_only`` says why the session is not in the keyring; None means that it is saved. ``cause`` is what hindered
    the last refresh, ``clock_off`` that this machine's clock is more than five minutes from the server's.
    """

    token: TokenHealth = TokenHealth.FRESH
    connection: Connection = Connection.ONLINE
    memory_only: VaultProblem | None = None
    cause: ErrorKind | None = None
    clock_off: bool = False


# ---- session: who is signed in


@dataclass(frozen=True, slots=True)
class Starting:
    """Until the keyring was read; never waits for the network. ``expects_somebody`` only picks the first picture."""

    expects_somebody: bool = True


@dataclass(frozen=True, slots=True)
class StoreWanted:
    """The keyring holds the answer and does not give it: unlock, try again, or go on without saving."""

    problem: VaultProblem


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody. ``code`` is the server's, ``memory_only`` why a sign-in now could not be saved.

    ``unrevoked``: an earlier sign-out never reached the server. It is said once.
    """

    reason: Reason = Reason.NONE
    code: str = ""
    memory_only: VaultProblem | None = None
    unrevoked: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody."""

    user: User
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The session really ended while ``user`` was at work: they are asked in again, and their work stays beneath.

    ``code`` is the server's, ``memory_only`` why a sign-in now could not be saved.
    """

    user: User
    reason: Reason
    code: str = ""
    memory_only: VaultProblem | None = None


SessionState = Starting | StoreWanted | SignedOut | SignedIn | Interrupted


# ---- flow: what is being asked


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """E-mail and password are asked for, to sign in or to sign up.

    Here and in all forms: before ``retry_at`` (seconds since the epoch) the server would refuse unheard.
    """

    purpose: FormPurpose = "sign_in"
    email: str = field(default="", repr=False)
    busy: bool = False
    problem: Problem | None = None
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """A six-digit code went to ``email``, or to that phone; another may be asked for from ``resend_at`` on.

    ``resend_at`` is in seconds since the epoch. ``create``: an account is made for who has none. ``link``: the link in
    the mail leads back to the app, and does the same.
    """

    email: str = field(repr=False)
    purpose: CodePurpose
    resend_at: float
    busy: bool = False
    problem: Problem | None = None
    create: bool = True
    link: bool = False


@dataclass(frozen=True, slots=True)
class AddressForm:
    """Only an address is asked for, where a code is to go: to sign in by it, or because the password is forgotten."""

    purpose: AddressPurpose
    email: str = field(default="", repr=False)  # or a phone number, to sign in
    busy: bool = False
    problem: Problem | None = None
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class BrowserWait:
    """The person is in their browser, at ``provider``, until ``deadline`` (seconds since the epoch).

    ``url`` is the provider's page, empty until the server has named it; ``busy`` while that, or what came back, is
    under way. ``problem`` says that no browser could be opened: the address may be copied. ``email`` was typed before,
    into the form that they came from: ``purpose``.
    """

    provider: str
    url: str = field(default="", repr=False)
    deadline: float = 0.0
    email: str = field(default="", repr=False)
    busy: bool = True
    problem: Problem | None = None
    purpose: FormPurpose = "sign_in"


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A new password is asked for; ``forgotten``: with it they are signed in. ``proof`` is what goes with it.

    A ``code`` went to ``email``; another may be asked for from ``resend_at`` on (seconds since the epoch).
    """

    email: str = field(default="", repr=False)
    forgotten: bool = False
    proof: Proof = "none"
    resend_at: float = 0.0
    busy: bool = False
    problem: Problem | None = None
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class NewEmail:
    """Another address is asked for; codes to the new one, and mostly to the old one, prove it."""

    email: str = field(default="", repr=False)
    busy: bool = False
    problem: Problem | None = None
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AnotherPerson:
    """``user`` has signed in over the work of somebody else, and is not let in until it is chosen whose turn it is."""

    user: User
    busy: bool = False
    problem: Problem | None = None


Flow = PasswordForm | AddressForm | CodeWanted | BrowserWait | NewPassword | NewEmail | AnotherPerson


@dataclass(frozen=True, slots=True)
class AuthState:
    """Who is signed in, and what is being asked."""

    session: SessionState = field(default_factory=Starting)
    flow: Flow | None = None


def user_of(state: AuthState) -> User | None:
    """Whose stay it is: who is signed in, or was a moment ago and is asked in again."""
    return state.session.user if isinstance(state.session, SignedIn | Interrupted) else None


def email_of(state: AuthState) -> str:
    """The address to put into the next form, so that nobody types it twice."""
    user = user_of(state)
    return user.email if user else typed_email(state.flow)


def typed_email(flow: Flow | None) -> str:
    """The address that the flow is about."""
    match flow:
        case None:
            return ""
        case AnotherPerson():
            return flow.user.email
        case _:
            return flow.email


def status_of(state: AuthState) -> Status:
    """The three words that web frameworks use."""
    match state.session:
        case Starting() | StoreWanted():
            return "loading"
        case SignedIn():
            return "authenticated"
        case SignedOut() | Interrupted():
            return "unauthenticated"
        case _:
            assert_never(state.session)
