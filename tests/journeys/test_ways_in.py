"""Everyday journeys at the window, on the real server: the ways in, and what goes wrong on them."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from desktopauth.core.state import SignedIn, SignedOut
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.journeys.conftest import Person, account_made, confirm, rows, sign_in, sign_up
from tests.journeys.passing import passage
from tests.scenario import settled, until

TAB, ENTER, ESCAPE = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape


def test_the_keyboard_alone_leads_from_sign_up_to_sign_out(person: Person) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        async def tab_to(words: str) -> None:
            for _ in range(12):
                focus = hands._window.focusWidget()
                if words in (getattr(focus, "text", str)(), focus.objectName(), focus.accessibleName()):
                    return
                await hands.key(TAB)
            pytest.fail(f"Tab never came to {words}")

        await hands.sees("Welcome")
        await tab_to("Create an account")
        await hands.key(ENTER)
        await hands.sees("confirm your email")
        await hands.type_in(person.email)
        await hands.key(TAB)
        await hands.type_in(person.password)
        await hands.key(ENTER)
        mail = await hands.sees("Your demo mailbox says")
        await hands.type_in(mail.split()[-1])
        await hands.sees(f"Hello, {person.email}")
        await hands.sees("No notes yet")
        await hands.type_in("by keyboard")
        await hands.key(ENTER)
        await hands.until(lambda: rows(bus, hands, "notes") == ["by keyboard"], "the note")
        await tab_to("Sign out")
        await hands.key(ENTER)
        await hands.sees("You're signed out.")

    person.start(story)


def test_who_comes_back_is_in_at_once_and_finds_their_note(keeper: Person) -> None:
    async def first(hands: Hands, bus: AuthBus) -> None:
        await sign_up(keeper, hands)
        await confirm(hands)
        await hands.sees("No notes yet")
        await hands.fill("New note", "milk")
        await hands.press("Add")
        await hands.until(lambda: rows(bus, hands, "notes") == ["milk"], "the note")

    async def second(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(f"Hello, {keeper.email}")
        await hands.until(lambda: rows(bus, hands, "notes") == ["milk"], "the note from before")
        await hands.press("Sign out")
        await hands.sees("You're signed out.")

    async def third(hands: Hands, bus: AuthBus) -> None:
        await hands.until(lambda: isinstance(bus.state.session, SignedOut | SignedIn), "an answer")
        await hands.sees("Welcome")
        assert isinstance(bus.state.session, SignedOut)

    for story in (first, second, third):
        keeper.start(story)


def test_a_wrong_password_and_an_unknown_address_are_told_alike(person: Person) -> None:
    account_made(person)

    async def story(hands: Hands, bus: AuthBus) -> None:
        said = []
        for email, password in ((person.email, person.password[::-1]), (f"x{person.email}", person.password)):
            await hands.fill("Email", email)
            await hands.fill("Password", password)
            await hands.press("Sign in")
            said.append(await hands.sees("don't match"))
        assert said[0] == said[1]
        await sign_in(person, hands)
        await hands.sees(f"Hello, {person.email}")

    person.start(story)


def test_a_weak_password_is_told_by_its_field_and_a_better_one_is_taken(person: Person) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.press("Create an account")
        await hands.fill("Email", person.email)
        await hands.fill("Password", "short")
        await hands.press("Create account")
        await hands.sees("Choose a stronger password")
        await hands.fill("Password", person.password)
        await hands.press("Create account")
        await hands.sees("We sent a code")

    person.start(story)


def test_who_has_an_account_and_signs_up_again_is_led_to_the_code_view_and_in(person: Person) -> None:
    account_made(person)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Welcome")
        await sign_up(person, hands)
        await confirm(hands)
        await hands.sees(f"Hello, {person.email}")

    person.start(story)


def test_who_never_confirmed_is_led_to_the_code_view_by_signing_in_after_a_restart_too(person: Person) -> None:
    async def first(hands: Hands, bus: AuthBus) -> None:
        await sign_up(person, hands)

    async def second(hands: Hands, bus: AuthBus) -> None:
        mails = len(person.lite.mailbox.mails(person.email))
        await sign_in(person, hands)
        await hands.sees("We sent a code")
        await until(lambda: len(person.lite.mailbox.mails(person.email)) > mails, what="another mail")
        await confirm(hands)
        await hands.sees(f"Hello, {person.email}")

    person.start(first)
    person.start(second)


def test_resend_sends_a_code_that_is_good(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from desktopauth.core import flows

    monkeypatch.setattr(flows, "RESEND_PAUSE", 0.2)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(person, hands)
        first = (await hands.sees("Your demo mailbox says")).split()[-1]
        await hands.press("Send another code")
        await hands.until(lambda: len(person.lite.mailbox.mails(person.email)) == 2, "a second mail")
        await hands.until(lambda: not any(first in text for text in hands.texts()), "the new code")
        await confirm(hands)
        await hands.sees(f"Hello, {person.email}")

    person.start(story)


def test_a_wrong_code_is_told_and_the_right_one_still_taken(person: Person) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(person, hands)
        right = (await hands.sees("Your demo mailbox says")).split()[-1]
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        await hands.fill("Six-digit code", wrong)
        await hands.sees("That code is wrong or has expired.")
        await hands.fill("Six-digit code", right)
        await hands.sees(f"Hello, {person.email}")

    person.start(story)


@pytest.mark.parametrize("step", ["token", "verify", "signup"])
def test_what_was_cancelled_stays_cancelled_when_its_answer_comes_late(person: Person, step: str) -> None:
    """The late session is revoked, so that it does not live on unseen."""
    account_made(person) if step == "token" else None
    with passage(person.lite) as way:
        there = person.at(way.url)

        async def story(hands: Hands, bus: AuthBus) -> None:
            if step == "verify":
                await sign_up(there, hands)
            way.hold = lambda seen: f"/auth/v1/{step}" in seen.path
            match step:
                case "token":
                    await sign_in(there, hands)
                case "verify":
                    await confirm(hands)
                case _:
                    await hands.press("Create an account")
                    await hands.fill("Email", there.email)
                    await hands.fill("Password", there.password)
                    await hands.press("Create account")
            await until(way.held.is_set, what="an answer held back")
            await (hands.key(ESCAPE) if step == "verify" else hands.press("Cancel"))
            before = bus.state
            way.let_go.set()
            if step != "signup":
                await until(lambda: way.count("/auth/v1/logout") == 1, what="the late session revoked")
            await settled()
            assert bus.state == before
            assert isinstance(bus.state.session, SignedOut)
            way.hold = lambda _: False
            if step == "token":
                await sign_in(there, hands)
                await hands.sees(f"Hello, {there.email}")

        there.start(story)


def test_a_server_that_goes_away_in_the_middle_is_told_and_the_form_works_again(
    person: Person, expected_logs: Any
) -> None:
    expected_logs("desktopauth.notes: notes: ")
    account_made(person)
    with passage(person.lite) as way:
        there = person.at(way.url)

        async def story(hands: Hands, bus: AuthBus) -> None:
            way.broken = True
            await sign_in(there, hands)
            await hands.sees("can't be reached")
            way.broken = False
            await hands.press("Sign in")
            await hands.sees(f"Hello, {there.email}")
            await hands.sees("No notes yet")
            way.broken = True
            await hands.fill("New note", "milk")
            await hands.press("Add")
            await hands.sees("can't be reached")
            assert isinstance(bus.state.session, SignedIn), "nobody is signed out by a server that is away"
            way.broken = False
            await hands.press("Add")
            await hands.until(lambda: rows(bus, hands, "notes") == ["milk"], "the note")
            way.broken = True
            await hands.press("Sign out")
            await hands.sees("You're signed out.")

        there.start(story)
