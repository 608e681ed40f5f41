"""The state as a table of stories: what each message makes of each state that matters."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from desktopauth.core.errors import ErrorKind, Problem, VaultProblem
from desktopauth.core.models import User
from desktopauth.core.reduce import (
    Admitted,
    Asked,
    Began,
    BrowserSent,
    Cancelled,
    CodeMailed,
    CutOff,
    Ended,
    Failed,
    FlowOpened,
    FormOpened,
    Message,
    NobodyThere,
    OtherCame,
    ProofWanted,
    StoreTrouble,
    reduce,
)
from desktopauth.core.state import (
    AddressForm,
    AnotherPerson,
    AuthState,
    BrowserWait,
    CodeWanted,
    Flow,
    FormPurpose,
    Health,
    Interrupted,
    NewEmail,
    NewPassword,
    PasswordForm,
    Reason,
    SessionState,
    SignedIn,
    SignedOut,
    Starting,
    StoreWanted,
    TokenHealth,
    email_of,
    status_of,
    typed_email,
    user_of,
)

MAIL, OTHER = "ada@example.com", "eve@example.com"
ADA = User("ada", MAIL)
FINE, STALE = Health(), Health(TokenHealth.STALE)
WRONG = Problem(ErrorKind.BAD_CREDENTIALS, "sign_in")
LATER = Problem(ErrorKind.RATE_LIMITED, "resend", retry_after=30.0)
LOCKED = VaultProblem.LOCKED

STARTING = AuthState(Starting())
LOCKED_OUT = AuthState(StoreWanted(LOCKED))
IN = AuthState(SignedIn(ADA, FINE))
FORM = AuthState(SignedOut(), PasswordForm())
TYPED = AuthState(SignedOut(), PasswordForm(email=MAIL))
BUSY = AuthState(SignedOut(), PasswordForm(email=MAIL, busy=True))
REFUSED = AuthState(SignedOut(), PasswordForm(email=MAIL, problem=WRONG))
CODE = AuthState(SignedOut(), CodeWanted(MAIL, "confirm", 160.0))
CODE_BUSY = AuthState(SignedOut(), CodeWanted(MAIL, "confirm", 160.0, busy=True))
CODE_REFUSED = AuthState(SignedOut(), CodeWanted(MAIL, "confirm", 160.0, problem=WRONG))
ANOTHER_CODE = AuthState(SignedOut(), CodeWanted(MAIL, "confirm", 220.0))
UNREVOKED = AuthState(SignedOut(unrevoked=True), PasswordForm())
UNSAVED = AuthState(SignedOut(memory_only=LOCKED), PasswordForm())
PANEL = AuthState(SignedIn(ADA, FINE), CodeWanted(OTHER, "sign_in", 160.0))
CUT_OFF = AuthState(Interrupted(ADA, Reason.EXPIRED, "code"), PasswordForm(email=MAIL))
EVE = User("eve", OTHER)
AGAIN = Problem(ErrorKind.RATE_LIMITED, "reauthenticate")
LIMITED = PasswordForm(email=MAIL, problem=WRONG, retry_at=99.0)
ADDRESS = AuthState(SignedOut(), AddressForm("recovery", MAIL))
AWAY = BrowserWait("github", email=MAIL)
SENT = BrowserWait("github", "https://p.test/", 400.0, MAIL, busy=False)
AT_PROVIDER = AuthState(SignedOut(), SENT)
CHANGING = AuthState(SignedIn(ADA, FINE), NewPassword(MAIL))
MOVING = AuthState(SignedIn(ADA, FINE), NewEmail())
OVER = replace(CUT_OFF, flow=AnotherPerson(EVE))
COMING = AnotherPerson(EVE, busy=True)
SIGNED_OUT = [FORM, TYPED, BUSY, REFUSED, CODE, CODE_BUSY, CODE_REFUSED]
EVERY = [STARTING, LOCKED_OUT, IN, *SIGNED_OUT, PANEL, CUT_OFF, OVER, ADDRESS, AT_PROVIDER, CHANGING, MOVING]


def form(purpose: FormPurpose = "sign_in", email: str = MAIL, *, busy: bool = False) -> PasswordForm:
    return PasswordForm(purpose, email, busy)


def out(reason: Reason, flow: Flow | None, code: str = "", memory_only: VaultProblem | None = None) -> AuthState:
    return AuthState(SignedOut(reason, code, memory_only), flow)


STORIES: list[tuple[str, AuthState, Message, AuthState]] = [
    ("the keyring gives somebody", STARTING, Admitted(ADA, FINE), IN),
    ("the keyring gives nobody", STARTING, NobodyThere(), FORM),
    ("no keyring: signing in works, unsaved", STARTING, NobodyThere(LOCKED), UNSAVED),
    ("the keyring is locked", STARTING, StoreTrouble(LOCKED), LOCKED_OUT),
    ("it is asked again", LOCKED_OUT, Began(), STARTING),
    ("it is asked again, with little hope", LOCKED_OUT, Began(expects_somebody=False), AuthState(Starting(False))),
    ("it answers late, with somebody", LOCKED_OUT, Admitted(ADA, STALE), AuthState(SignedIn(ADA, STALE))),
    ("the person goes on without it", LOCKED_OUT, NobodyThere(LOCKED), UNSAVED),
    ("the keyring answers twice, a form stays", TYPED, NobodyThere(), TYPED),
    ("a sign-in is under way", FORM, Asked(MAIL), BUSY),
    ("it is tried again, the old problem goes", REFUSED, Asked(MAIL), BUSY),
    ("another address this time", REFUSED, Asked(OTHER), out(Reason.NONE, PasswordForm(email=OTHER, busy=True))),
    ("the password was wrong, the address stays", BUSY, Failed(WRONG), REFUSED),
    ("too many tries, the form counts down", BUSY, Failed(WRONG, 99.0), out(Reason.NONE, LIMITED)),
    ("the person does not wait", BUSY, Cancelled(), TYPED),
    ("a problem is put aside", REFUSED, Cancelled(), TYPED),
    ("the right password", BUSY, Admitted(ADA, FINE), IN),
    ("a code was mailed", BUSY, CodeMailed(MAIL, "confirm", 160.0), CODE),
    ("a code could not be mailed", BUSY, CodeMailed(MAIL, "confirm", 160.0, WRONG), CODE_REFUSED),
    ("the code is checked", CODE, Asked(), CODE_BUSY),
    ("a code view keeps its own address", CODE, Asked(OTHER), CODE_BUSY),
    ("the code was wrong, the countdown stays", CODE_BUSY, Failed(WRONG), CODE_REFUSED),
    ("too soon", CODE_BUSY, Failed(LATER, 130.0), out(Reason.NONE, CodeWanted(MAIL, "confirm", 130.0, problem=LATER))),
    ("checking the code is cancelled", CODE_BUSY, Cancelled(), CODE),
    ("another code was mailed", CODE_BUSY, CodeMailed(MAIL, "confirm", 220.0), ANOTHER_CODE),
    ("the right code", CODE_BUSY, Admitted(ADA, FINE), IN),
    ("to sign-up, the address comes along", REFUSED, FormOpened("sign_up"), out(Reason.NONE, form("sign_up"))),
    ("back from the code, the address comes along", CODE, FormOpened("sign_in"), TYPED),
    ("back to an empty form", CODE, FormOpened("sign_in", ""), FORM),
    ("a form for another address", CODE_BUSY, FormOpened("sign_in", MAIL), TYPED),
    ("a refresh changes health alone", IN, Admitted(ADA, STALE), AuthState(SignedIn(ADA, STALE))),
    ("a refresh leaves the panel open", PANEL, Admitted(ADA, STALE), replace(PANEL, session=SignedIn(ADA, STALE))),
    ("signing out, the address is offered", IN, Ended(Reason.USER), out(Reason.USER, form())),
    ("it was revoked", IN, Ended(Reason.REVOKED, "code"), out(Reason.REVOKED, form(), "code")),
    ("ended with a panel open", PANEL, Ended(Reason.EXPIRED), out(Reason.EXPIRED, form())),
    ("ended without a keyring", IN, Ended(Reason.USER, "", LOCKED), out(Reason.USER, form(), "", LOCKED)),
    ("ended in the middle of a form", BUSY, Ended(Reason.USER), out(Reason.USER, form())),
    ("the last sign-out never got through", STARTING, NobodyThere(unrevoked=True), UNREVOKED),
    ("it ended over somebody's head", IN, CutOff(ADA, Reason.EXPIRED, "code"), CUT_OFF),
    ("they are back", CUT_OFF, Admitted(ADA, FINE), IN),
    ("another person came instead", CUT_OFF, OtherCame(EVE), OVER),
    ("the other person is let in", OVER, Admitted(EVE, FINE), AuthState(SignedIn(EVE, FINE))),
    ("the other person goes again", OVER, FormOpened("sign_in", MAIL), CUT_OFF),
    ("it is the other person's turn", OVER, Ended(Reason.REPLACED), out(Reason.REPLACED, COMING)),
    ("they give up", CUT_OFF, Ended(Reason.USER), out(Reason.USER, form())),
    ("a late answer, nobody asks any more", IN, Failed(WRONG), IN),
    ("a late answer while starting", STARTING, Failed(WRONG, 5.0), STARTING),
    ("a late cancel", IN, Cancelled(), IN),
    ("asked with no form, as a program does", STARTING, Asked(MAIL), STARTING),
    ("to the browser", TYPED, FlowOpened(AWAY), out(Reason.NONE, AWAY)),
    ("it is at the provider's", out(Reason.NONE, AWAY), BrowserSent("https://p.test/", 400.0), AT_PROVIDER),
    ("no browser opens", AT_PROVIDER, BrowserSent(SENT.url, 400.0, WRONG), out(
        Reason.NONE, replace(SENT, problem=WRONG))),
    ("what came back is redeemed", AT_PROVIDER, Asked(), out(Reason.NONE, replace(SENT, busy=True))),
    ("they said no there", AT_PROVIDER, Failed(WRONG), REFUSED),
    ("they do not wait for the browser", AT_PROVIDER, Cancelled(), TYPED),
    ("back to the form that they came from", out(Reason.NONE, replace(SENT, purpose="sign_up")), Cancelled(), out(
        Reason.NONE, form("sign_up"))),
    ("back there with a sentence", out(Reason.NONE, replace(SENT, purpose="sign_up")), Failed(WRONG), out(
        Reason.NONE, replace(form("sign_up"), problem=WRONG))),
    ("a browser that nobody waits for", TYPED, BrowserSent("https://p.test/", 400.0), TYPED),
    ("another account than one's own, in vain", AuthState(IN.session, SENT), Failed(WRONG), IN),
    ("only the address is asked for", TYPED, FlowOpened(ADDRESS.flow), ADDRESS),
    ("where the code goes to", ADDRESS, Asked(OTHER), out(Reason.NONE, AddressForm("recovery", OTHER, busy=True))),
    ("a code for who has an account", ADDRESS, CodeMailed(MAIL, "sign_in", 160.0, create=False), out(
        Reason.NONE, CodeWanted(MAIL, "sign_in", 160.0, create=False))),
    ("a new password", IN, FlowOpened(NewPassword(MAIL)), CHANGING),
    ("not without the old one", CHANGING, ProofWanted("current_password"), AuthState(
        IN.session, NewPassword(MAIL, proof="current_password"))),
    ("not without a code", CHANGING, ProofWanted("code", 160.0), AuthState(
        IN.session, NewPassword(MAIL, proof="code", resend_at=160.0))),
    ("another code too soon", CHANGING, Failed(AGAIN, 160.0), AuthState(
        IN.session, NewPassword(MAIL, problem=AGAIN, resend_at=160.0))),
    ("proof of what is not asked", MOVING, ProofWanted("code", 160.0), MOVING),
    ("another address", MOVING, Asked(OTHER), AuthState(IN.session, NewEmail(OTHER, busy=True))),
    ("it is changed", CHANGING, FlowOpened(None), IN),
    ("with nobody in, nothing is not an answer", TYPED, FlowOpened(None), TYPED),
    ("another person is no wrong password", OVER, Failed(WRONG, 9.0), replace(CUT_OFF, flow=AnotherPerson(
        EVE, problem=WRONG))),
    ("a code to type while somebody is in", IN, CodeMailed(OTHER, "sign_in", 160.0), PANEL),
]  # fmt: skip


@pytest.mark.parametrize(("before", "message", "after"), [story[1:] for story in STORIES], ids=[s[0] for s in STORIES])
def test_story(before: AuthState, message: Message, after: AuthState) -> None:
    was = replace(before)
    assert reduce(before, message) == after
    assert before == was


def test_every_message_has_a_story() -> None:
    assert {type(message) for _, _, message, _ in STORIES} == set(get_args(Message))


MESSAGES = list({repr(message): message for _, _, message, _ in STORIES}.values())


@pytest.mark.parametrize("state", EVERY)
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_in_any_state_a_message_leads_to_a_whole_one(state: AuthState, message: Message) -> None:
    after = reduce(state, message)
    assert isinstance(after.session, get_args(SessionState))
    if isinstance(after.session, SignedOut):
        assert after.flow is not None, "with nobody in, the flow is the window"
    if after.flow is not None and after.flow.busy:
        assert after.flow.problem is None


@pytest.mark.parametrize("state", [BUSY, CODE_BUSY])
@pytest.mark.parametrize(
    "message", [Failed(WRONG), Cancelled(), FormOpened("sign_in"), Ended(Reason.USER), CodeMailed(MAIL, "confirm", 1.0)]
)
def test_nothing_that_ends_a_request_leaves_the_form_busy(state: AuthState, message: Message) -> None:
    flow = reduce(state, message).flow
    assert flow is not None
    assert not flow.busy
    assert typed_email(flow) == MAIL


@pytest.mark.parametrize("session", [Starting(), StoreWanted(LOCKED), SignedOut()])
def test_who_is_in_or_at_work_is_the_user_and_nobody_else(session: SessionState) -> None:
    assert user_of(AuthState(session)) is None
    assert user_of(IN) == user_of(CUT_OFF) == user_of(OVER) == ADA


def test_the_address_for_the_next_form_is_the_persons_else_the_typed_one() -> None:
    assert [email_of(state) for state in (IN, PANEL, OVER, BUSY, CODE)] == [MAIL] * 5
    assert [email_of(state) for state in (FORM, STARTING)] == ["", ""]
    assert typed_email(OVER.flow) == OTHER


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (STARTING, "loading"),
        (LOCKED_OUT, "loading"),
        (IN, "authenticated"),
        (PANEL, "authenticated"),
        (FORM, "unauthenticated"),
        (CODE_BUSY, "unauthenticated"),
        (CUT_OFF, "unauthenticated"),
    ],
)
def test_the_word_that_web_frameworks_use(state: AuthState, word: str) -> None:
    assert status_of(state) == word


def test_no_state_and_no_message_shows_an_address() -> None:
    shown = " ".join(map(repr, [*EVERY, *MESSAGES]))
    assert MAIL not in shown
    assert OTHER not in shown
