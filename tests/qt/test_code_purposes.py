"""What a code is for: the words around the six digits, the way back, and who they are said to."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import ErrorKind
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.state import AuthState, CodeWanted, Interrupted, Reason, SessionState, SignedIn, SignedOut
from desktopauth.qt.views.code import CodeView
from tests.core.conftest import ADA
from tests.core.fakes import refused
from tests.qt.conftest import ENTER, TAB, Room
from tests.scenario import Run, settled

OUT, IN, CUT_OFF = SignedOut(), SignedIn(ADA), Interrupted(ADA, Reason.EXPIRED)
SENT, MAYBE = "We sent a code to {}.", "If there's an account for {}, a code is on its way to it."
PHONE, TEXTED = "+4915112345678", "We sent a code to {} in a text message."


def view(room: Room) -> CodeView:
    found = room.shell.view()
    assert isinstance(found, CodeView)
    return found


@pytest.mark.parametrize(
    ("session", "flow", "title", "words", "back"),
    [
        (OUT, CodeWanted(ADA.email, "sign_in", 0.0), "Check your email", SENT, "Use another email"),
        (OUT, CodeWanted(ADA.email, "sign_in", 0.0, create=False), "Check your email", MAYBE, "Use another email"),
        (OUT, CodeWanted(PHONE, "sign_in", 0.0), "Check your phone", TEXTED, "Use another number"),
        (OUT, CodeWanted(ADA.email, "confirm", 0.0), "Check your email", SENT, "Use another email"),
        (OUT, CodeWanted(ADA.email, "recovery", 0.0, create=False), "Check your email", MAYBE, "Use another email"),
        (CUT_OFF, CodeWanted(ADA.email, "sign_in", 0.0), "Check your email", SENT, "Use another email"),
        (IN, CodeWanted("ada@new.example", "email_change", 0.0), "Check your email", SENT, "Back"),
    ],
)  # fmt: skip
def test_it_names_where_the_code_went_and_the_way_back(
    room: Room, run_qt: Run, session: SessionState, flow: CodeWanted, title: str, words: str, back: str
) -> None:
    async def scenario() -> None:
        async with room.open():
            room.shell.show_state(AuthState(session, flow))
            code = view(room)
            assert (code.title.text(), code.subtitle.text()) == (title, words.format(flow.email))
            assert code.cancel.text() == back

    run_qt(scenario)


def test_tab_goes_through_all_of_it(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.waiting_for_a_code():
            room.world.clock.advance(RESEND_PAUSE)
            await room.hands.until(view(room).resend.isEnabled, "Resend")
            seen = [room.focus()]
            for _ in range(4):
                await room.hands.key(TAB)
                seen.append(room.focus())
            assert seen == ["code", "Confirm", "Send another code", "Use another email", "code"]

    run_qt(scenario)


def test_too_many_tries_are_counted_in_one_place(room: Room, run_qt: Run) -> None:
    slow = refused("verify", "over_request_rate_limit", ErrorKind.RATE_LIMITED, status=429, retry_after=70.0)

    async def scenario() -> None:
        async with room.waiting_for_a_code():
            room.world.gateway.script.plan("verify", slow)
            await room.hands.type_in("123456")
            await room.hands.sees("Too many tries for now.")
            assert [words for words in room.hands.texts() if "70 s" in words] == ["Send another code in 70 s"]

    run_qt(scenario)


def test_the_same_kind_of_code_is_sent_again(room: Room, run_qt: Run) -> None:
    async def scenario() -> None:
        async with room.open():
            await room.hands.type_in(ADA.email)
            await room.hands.press("Forgot password?")
            await room.hands.press("Send code")
            await room.hands.sees("With the code you choose a new password.")
            room.world.clock.advance(RESEND_PAUSE)
            await room.hands.press("Send another code")
            await settled()
            assert [call.name for call in room.world.gateway.calls] == ["recover", "recover"]
            await room.hands.key(ENTER)
            assert room.focus() == "code"

    run_qt(scenario)
