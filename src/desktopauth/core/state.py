"""What to show, as one frozen value: who is signed in, and what is being asked right now.

Both change independently, so ``AuthState`` is a pair. Views are functions of it, and ``reduce`` is the only way to the
next one: pure, so that every step of every story is a line in a table of tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, assert_never

from .errors import Problem
from .models import User
from .ports import VaultProblem

Status = Literal["loading", "authenticated", "unauthenticated"]
FormPurpose = Literal["sign_in", "sign_up"]
CodePurpose = Literal["sign_in", "confirm"]


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

    ``memory_only`` says why the session is not in the keyring; None means that it is saved.
    """

    token: TokenHealth = TokenHealth.FRESH
    connection: Connection = Connection.ONLINE
    memory_only: VaultProblem | None = None


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
    """Nobody. ``code`` is the server's, ``memory_only`` why a sign-in now could not be saved."""

    reason: Reason = Reason.NONE
    code: str = ""
    memory_only: VaultProblem | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody."""

    user: User
    health: Health = field(default_factory=Health)


SessionState = Starting | StoreWanted | SignedOut | SignedIn


# ---- flow: what is being asked


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """E-mail and password are asked for, to sign in or to sign up."""

    purpose: FormPurpose = "sign_in"
    email: str = field(default="", repr=False)
    busy: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """A six-digit code went to ``email``; another may be asked for from ``resend_at`` on (seconds since the epoch)."""

    email: str = field(repr=False)
    purpose: CodePurpose
    resend_at: float
    busy: bool = False
    problem: Problem | None = None


Flow = PasswordForm | CodeWanted


@dataclass(frozen=True, slots=True)
class AuthState:
    """Who is signed in, and what is being asked."""

    session: SessionState = field(default_factory=Starting)
    flow: Flow | None = None


# ---- messages: what happened


@dataclass(frozen=True, slots=True)
class Began:
    """The keyring is being read (again)."""

    expects_somebody: bool = True


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """The keyring was asked and does not answer, or not with a session."""

    problem: VaultProblem


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """The keyring was read and holds nobody, or the person went on without it."""

    memory_only: VaultProblem | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody is in: restored, signed in, refreshed, or only their health changed."""

    user: User
    health: Health


@dataclass(frozen=True, slots=True)
class Ended:
    """Nobody is signed in any more."""

    reason: Reason
    code: str = ""
    memory_only: VaultProblem | None = None


@dataclass(frozen=True, slots=True)
class FormOpened:
    """A form is shown; None keeps the address that was typed before."""

    purpose: FormPurpose
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the current flow is under way. An address typed into the form is kept with it."""

    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CodeMailed:
    """A code is on its way; the code view asks for it, with a problem where the mail was refused."""

    email: str = field(repr=False)
    purpose: CodePurpose
    resend_at: float
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The request of the current flow failed. ``resend_at`` moves where the server named its own seconds."""

    problem: Problem
    resend_at: float | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The person does not wait any longer."""


Message = Began | StoreTrouble | NobodyThere | Admitted | Ended | FormOpened | Asked | CodeMailed | Failed | Cancelled


def reduce(state: AuthState, message: Message) -> AuthState:
    """The state after ``message``. Pure: no clock, no input or output, no side effect."""
    match message:
        case Began():
            return AuthState(Starting(message.expects_somebody), None)
        case StoreTrouble():
            return AuthState(StoreWanted(message.problem), None)
        case NobodyThere():
            return AuthState(SignedOut(memory_only=message.memory_only), state.flow or PasswordForm())
        case Admitted():
            stays = state.flow if isinstance(state.session, SignedIn) else None
            return AuthState(SignedIn(message.user, message.health), stays)
        case Ended():
            gone = SignedOut(message.reason, message.code, message.memory_only)
            return AuthState(gone, PasswordForm(email=email_of(state)))
        case FormOpened() | Asked() | CodeMailed() | Failed() | Cancelled():
            return replace(state, flow=_flow_after(state.flow, message))
        case _:
            assert_never(message)


def _flow_after(flow: Flow | None, message: FormOpened | Asked | CodeMailed | Failed | Cancelled) -> Flow | None:
    match message:
        case FormOpened():
            return PasswordForm(message.purpose, message.email if message.email is not None else _typed(flow))
        case CodeMailed():
            return CodeWanted(message.email, message.purpose, message.resend_at, problem=message.problem)
        case _ if flow is None:
            return None  # an answer to a question that nobody is asking any more
        case Asked() if isinstance(flow, PasswordForm) and message.email is not None:
            return replace(flow, busy=True, problem=None, email=message.email)
        case Asked():
            return replace(flow, busy=True, problem=None)
        case Failed() if isinstance(flow, CodeWanted) and message.resend_at is not None:
            return replace(flow, busy=False, problem=message.problem, resend_at=message.resend_at)
        case Failed():
            return replace(flow, busy=False, problem=message.problem)
        case Cancelled():
            return replace(flow, busy=False, problem=None)
        case _:
            assert_never(message)


def user_of(state: AuthState) -> User | None:
    """Who is signed in."""
    return state.session.user if isinstance(state.session, SignedIn) else None


def email_of(state: AuthState) -> str:
    """The address to put into the next form, so that nobody types it twice."""
    user = user_of(state)
    return user.email if user else _typed(state.flow)


def _typed(flow: Flow | None) -> str:
    return flow.email if flow is not None else ""


def status_of(state: AuthState) -> Status:
    """The three words that web frameworks use."""
    match state.session:
        case Starting() | StoreWanted():
            return "loading"
        case SignedIn():
            return "authenticated"
        case SignedOut():
            return "unauthenticated"
        case _:
            assert_never(state.session)
