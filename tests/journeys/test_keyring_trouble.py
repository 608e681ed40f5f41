"""A keyring that is missing, locked or silent: the window explains it, signing in works, nothing is written over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from desktopauth.adapters.entry import account_folder, entry_name
from desktopauth.adapters.vault import peek
from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import SignedIn, SignedOut
from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.qt.bus import AuthBus
from desktopauth.qt.hands import Hands
from tests.demo.people import somebody
from tests.journeys.conftest import Person, account_made, confirm, sign_in, sign_up
from tests.keyrings import full_disk, lock_keyring
from tests.prompter import prompter


@contextmanager
def asleep(service: PrivateKeyring) -> Iterator[None]:
    """The daemon is there and answers nothing, as behind a prompt that nobody sees."""
    assert service.keyring is not None
    os.kill(service.keyring.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(service.keyring.pid, signal.SIGCONT)


def stored(person: Person) -> bool:
    config = person.config
    return peek(entry_name(config.app_id, config.project_id, config.profile_id), account_folder())


def saving(person: Person) -> Person:
    return replace(person, config=replace(person.config, store="keyring"))


@pytest.fixture
def stayed(person: Person, own_keyring: PrivateKeyring) -> Person:
    """Somebody whose session lies in a keyring of this test's own."""
    kept = saving(person)

    async def story(hands: Hands, bus: AuthBus) -> None:
        await sign_up(kept, hands)
        await confirm(hands)
        await hands.sees("Hello")

    kept.start(story)
    assert stored(kept)
    return kept


async def signs_in_for_this_run_only(person: Person, hands: Hands, bus: AuthBus, problem: VaultProblem) -> None:
    await sign_in(person, hands)
    await hands.sees(f"Hello, {person.email}")
    await hands.sees("You'll be signed out when you quit.")
    assert isinstance(bus.state.session, SignedIn)
    assert bus.state.session.health.memory_only is problem


def test_without_a_keyring_service_signing_in_works_in_memory_and_is_asked_for_again(
    person: Person, only_our_keyring: None
) -> None:
    nowhere = saving(account_made(person))

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("No system keyring was found. You'll be signed out when you quit.")
        await signs_in_for_this_run_only(nowhere, hands, bus, VaultProblem.UNAVAILABLE)

    nowhere.start(story)
    nowhere.start(story)


def test_a_locked_keyring_is_explained_and_what_it_holds_is_left_alone(
    stayed: Person, own_keyring: PrivateKeyring
) -> None:
    async def locked(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Your system keyring is locked.")
        await hands.press("Unlock and try again")  # there is nobody here who could show a prompt
        await hands.sees("Your system keyring is locked.")
        await hands.press("Go on without saving")
        await signs_in_for_this_run_only(stayed, hands, bus, VaultProblem.LOCKED)
        await hands.press("Sign out")
        await hands.sees("You're signed out.")

    async def unlocked(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(f"Hello, {stayed.email}")

    lock_keyring()
    stayed.start(locked)
    stayed.start(locked)
    own_keyring.stop_keyring()
    own_keyring.start_keyring()  # unlocked again
    assert stored(stayed)
    stayed.start(unlocked)


def test_a_keyring_that_says_nothing_is_waited_for_no_longer_than_the_person_likes(
    stayed: Person, own_keyring: PrivateKeyring
) -> None:
    async def waiting(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Waiting for your system keyring.")
        assert not any("Try again" in text for text in hands.texts())
        await hands.press("Go on without saving")
        await signs_in_for_this_run_only(stayed, hands, bus, VaultProblem.WAITING)

    async def awake(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(f"Hello, {stayed.email}")

    with asleep(own_keyring):
        stayed.start(waiting)
    stayed.start(awake)


def test_a_keyring_that_wakes_up_while_it_is_waited_for_lets_the_person_in(
    stayed: Person, own_keyring: PrivateKeyring
) -> None:
    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Waiting for your system keyring.")
        assert own_keyring.keyring is not None
        os.kill(own_keyring.keyring.pid, signal.SIGCONT)
        await hands.sees(f"Hello, {stayed.email}")

    with asleep(own_keyring):
        stayed.start(story)


def test_the_keyrings_own_prompt_is_waited_for_and_its_answer_lets_the_person_in(
    stayed: Person, own_keyring: PrivateKeyring
) -> None:
    answers = iter([None, own_keyring._password])

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Your system keyring is locked.")
        await hands.press("Unlock and try again")
        await hands.sees(f"Hello, {stayed.email}")
        assert not any("keyring" in text for text in hands.texts())

    lock_keyring()
    with prompter(lambda: next(answers)) as prompts:
        stayed.start(story)
    assert prompts.count == 2


def test_who_goes_on_while_somebody_elses_keyring_is_asked_for_decides_whose_sign_in_stays(
    stayed: Person, own_keyring: PrivateKeyring
) -> None:
    back = threading.Event()
    other = account_made(replace(stayed, email=somebody(), config=replace(stayed.config, store="memory")))

    def comes_back() -> bytes:
        back.wait()
        return own_keyring._password

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Waiting for your system keyring.")
        await hands.press("Go on without saving")
        await sign_in(other, hands)
        await hands.sees(f"Hello, {other.email}")
        back.set()
        await hands.sees("Somebody else's sign-in is kept here.")
        await hands.press("Keep me signed in instead")
        await hands.until(lambda: not any("Somebody else's" in text for text in hands.texts()), "the end of the offer")

    async def later(hands: Hands, bus: AuthBus) -> None:
        await hands.sees(f"Hello, {other.email}")

    lock_keyring()
    with prompter(comes_back):
        stayed.start(story)
        stayed.start(later)


def test_a_full_disk_is_told_and_the_sign_in_is_for_this_run_only(person: Person, own_keyring: PrivateKeyring) -> None:
    cramped = saving(account_made(person))

    async def story(hands: Hands, bus: AuthBus) -> None:
        await signs_in_for_this_run_only(cramped, hands, bus, VaultProblem.FULL)
        await hands.sees("Your system keyring's disk may be full.")

    async def again(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("Welcome")

    with full_disk(own_keyring):
        cramped.start(story)
        cramped.start(again)
    assert not stored(cramped)


def test_what_a_newer_version_has_stored_is_reported_and_left_as_it_is(keeper: Person) -> None:
    from desktopauth.adapters.backends import open_keyring
    from desktopauth.adapters.records import head_names

    config = keeper.config
    head = head_names(entry_name(config.app_id, config.project_id, config.profile_id))[0]
    open_keyring().set(head, "da9 of tomorrow")

    async def story(hands: Hands, bus: AuthBus) -> None:
        await hands.sees("can't be read. It was left as it is.")
        await hands.press("Try again")
        await hands.sees("can't be read. It was left as it is.")
        await hands.press("Go on without saving")
        await sign_up(keeper, hands)
        await confirm(hands)
        await hands.sees("Hello")
        await hands.press("Sign out")
        await hands.sees("You're signed out.")
        assert isinstance(bus.state.session, SignedOut)

    keeper.start(story)
    assert open_keyring().get(head) == "da9 of tomorrow"
