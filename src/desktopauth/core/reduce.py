"""The only way from one state to the next: pure, so that every step of every story is a line in a table of tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from .errors import ErrorKind, Problem, VaultProblem
from .models import User
from .state import (
    AddressForm,
    AnotherPerson,
    AuthState,
    BrowserWait,
    CodePurpose,
    CodeWanted,
    Flow,
    FormPurpose,
    Health,
    Interrupted,
    NewEmail,
    NewPassword,
    PasswordForm,
    Proof,
    Reason,
    SignedIn,
    SignedOut,
    Starting,
    StoreWanted,
    email_of,
    typed_email,
)


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
    unrevoked: bool = False


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
class CutOff:
    """The session has ended while somebody was at work."""

    user: User
    reason: Reason
    code: str = ""
    memory_only: VaultProblem | None = None


@dataclass(frozen=True, slots=True)
class OtherCame:
    """Another person has signed in over the work of the one who was cut off."""

    user: User


@dataclass(frozen=True, slots=True)
class FormOpened:
    """A form is shown; None keeps the address that was typed before."""

    purpose: FormPurpose
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FlowOpened:
    """Something is asked from now on; None: nothing more, what was asked is answered or given up."""

    flow: Flow | None


@dataclass(frozen=True, slots=True)
class BrowserSent:
    """The browser was sent to the provider's page at ``url``, or could not be opened: ``problem``."""

    url: str = field(repr=False)
    deadline: float
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ProofWanted:
    """The server wants more than the new password; a code has been sent where it is one."""

    proof: Proof
    resend_at: float = 0.0


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
    create: bool = True
    link: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The request of the current flow failed; ``retry_at`` is when to try again, where the server named its seconds."""

    problem: Problem
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The person does not wait any longer."""


OfFlow = FormOpened | FlowOpened | Asked | CodeMailed | BrowserSent | ProofWanted | OtherCame | Failed | Cancelled
Message = Began | StoreTrouble | NobodyThere | Admitted | Ended | CutOff | OfFlow


def reduce(state: AuthState, message: Message) -> AuthState:
    """The state after ``message``. Pure: no clock, no input or output, no side effect."""
    match message:
        case Began():
            return AuthState(Starting(message.expects_somebody), None)
        case StoreTrouble():
            return AuthState(StoreWanted(message.problem), None)
        case NobodyThere():
            gone = SignedOut(memory_only=message.memory_only, unrevoked=message.unrevoked)
            return AuthState(gone, state.flow or PasswordForm())
        case Admitted():
            stays = state.flow if isinstance(state.session, SignedIn) else None
            return AuthState(SignedIn(message.user, message.health), stays)
        case Ended():
            gone = SignedOut(message.reason, message.code, message.memory_only)
            if message.reason is Reason.REPLACED and isinstance(state.flow, AnotherPerson):
                return AuthState(gone, replace(state.flow, busy=True))  # who was chosen is on the way in
            return AuthState(gone, PasswordForm(email=email_of(state)))
        case CutOff():
            lost = Interrupted(message.user, message.reason, message.code, message.memory_only)
            return AuthState(lost, PasswordForm(email=message.user.email))
        case FlowOpened(flow=None) if not isinstance(state.session, SignedIn):
            return state  # with nobody in, something is always asked
        case Failed() | Cancelled() if isinstance(state.session, SignedIn) and isinstance(state.flow, BrowserWait):
            return replace(state, flow=None)  # back where they were: at work
        case _:
            return replace(state, flow=_flow_after(state.flow, message))


def _flow_after(flow: Flow | None, message: OfFlow) -> Flow | None:
    match message:
        case FormOpened():
            return PasswordForm(message.purpose, message.email if message.email is not None else typed_email(flow))
        case FlowOpened():
            return message.flow
        case CodeMailed():
            mailed = CodeWanted(message.email, message.purpose, message.resend_at, problem=message.problem)
            return replace(mailed, create=message.create, link=message.link)
        case OtherCame():
            return AnotherPerson(message.user)
        case Asked() | BrowserSent() | ProofWanted() | Failed() | Cancelled():
            return _answered(flow, message) if flow else None  # else nobody is asking that any more
        case _:
            assert_never(message)


def _answered(flow: Flow, message: Asked | BrowserSent | ProofWanted | Failed | Cancelled) -> Flow:
    """What is asked goes on, a step further."""
    match message:
        case Asked(email=str(email)) if isinstance(flow, PasswordForm | AddressForm | NewEmail):
            return replace(flow, busy=True, problem=None, email=email)
        case Asked():
            return replace(flow, busy=True, problem=None)
        case BrowserSent() if isinstance(flow, BrowserWait):
            return replace(flow, busy=False, url=message.url, deadline=message.deadline, problem=message.problem)
        case ProofWanted() if isinstance(flow, NewPassword):
            return replace(flow, busy=False, problem=None, proof=message.proof, resend_at=message.resend_at)
        case BrowserSent() | ProofWanted():
            return flow
        case Failed():
            return _failed(flow, message)
        case Cancelled() if isinstance(flow, BrowserWait):
            return PasswordForm(flow.purpose, flow.email)
        case Cancelled():
            return replace(flow, busy=False, problem=None)
        case _:
            assert_never(message)


def _failed(flow: Flow, message: Failed) -> Flow:
    retry_at = message.retry_at or 0.0
    match flow:
        case BrowserWait():  # back where they were
            return PasswordForm(flow.purpose, flow.email, problem=message.problem, retry_at=retry_at)
        case CodeWanted() if message.problem.kind is ErrorKind.LINK_LATE:  # no code is needed any more
            return PasswordForm("sign_in", flow.email, problem=message.problem)
        case CodeWanted():
            return replace(flow, busy=False, problem=message.problem, resend_at=retry_at or flow.resend_at)
        case AnotherPerson():
            return replace(flow, busy=False, problem=message.problem)
        case NewPassword() if message.problem.call == "reauthenticate":  # the code that they have is still good
            return replace(flow, busy=False, problem=message.problem, resend_at=retry_at or flow.resend_at)
        case _:
            return replace(flow, busy=False, problem=message.problem, retry_at=retry_at)
