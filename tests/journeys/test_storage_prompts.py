"""gnome-keyring asks for its password at start: refused, answered, or answered after the person went on without it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import SignedIn, SignedOut, StoreWanted
from desktopauth.demo.keyring_service import PrivateKeyring
from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import PASSWORD
from tests.journeys.machine import Machine, an_account, troubled, unsaved
from tests.keyrings import lock_keyring
from tests.prompter import Prompter, prompter
from tests.scenario import Run, settled, until

__all__ = ["troubled"]


@dataclass
class Absentee:
    """Who leaves the prompt open until told what to answer."""

    password: bytes
    back: threading.Event = field(default_factory=threading.Event)
    refuses: bool = False
    prompts: Prompter = field(init=False)

    def answer(self) -> bytes | None:
        self.back.wait()
        return None if self.refuses else self.password

    @property
    def asked(self) -> int:
        return self.prompts.count

    def returns(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.back.set()


@pytest.fixture
def absentee(own_keyring: PrivateKeyring) -> Iterator[Absentee]:
    person = Absentee(own_keyring._password)
    with prompter(person.answer) as person.prompts:
        yield person
        person.back.set()


async def stayed(machine: Machine) -> None:
    """They are signed in, the app is closed, and the keyring is locked."""
    await machine.signed_in()
    lock_keyring()


@asynccontextmanager
async def going_on_without(machine: Machine, absentee: Absentee) -> AsyncIterator[Auth]:
    """The app is started, its prompt stands there, and they do not wait for it."""
    async with machine.opened() as auth:
        await until(lambda: auth.state.session == StoreWanted(VaultProblem.WAITING), what="the word that we wait")
        assert absentee.asked == 1
        auth.go_on_without_saving()
        assert auth.state.session == SignedOut(memory_only=VaultProblem.WAITING)
        yield auth


def test_who_refuses_is_told_and_may_try_again(troubled: Machine, own_keyring: PrivateKeyring, run: Run) -> None:
    answers = iter([None, own_keyring._password])

    async def scenario() -> None:
        await stayed(troubled)
        with prompter(lambda: next(answers)) as prompts:
            async with troubled.opened() as auth:
                await until(lambda: auth.state.session == StoreWanted(VaultProblem.LOCKED), what="the word about it")
                auth.nudge()
                await settled()
                assert prompts.count == 1, "nobody is asked who did not ask for it"
                auth.retry_store()
                await until(lambda: isinstance(auth.state.session, SignedIn), what="the session")
                assert (prompts.count, unsaved(auth)) == (2, None)

    run(scenario, deadline=60)


def test_who_takes_long_over_the_password_is_let_in_with_it(troubled: Machine, absentee: Absentee, run: Run) -> None:
    async def scenario() -> None:
        await stayed(troubled)
        async with troubled.opened() as auth:
            await until(lambda: auth.state.session == StoreWanted(VaultProblem.WAITING), what="the word that we wait")
            absentee.returns()
            await until(lambda: isinstance(auth.state.session, SignedIn), what="the session")
            assert (absentee.asked, unsaved(auth)) == (1, None)

    run(scenario, deadline=60)


def test_the_late_answer_to_the_same_person_stores_their_newer_session(
    troubled: Machine, absentee: Absentee, run: Run
) -> None:
    async def scenario() -> str | None:
        await stayed(troubled)
        async with going_on_without(troubled, absentee) as auth:
            await auth.sign_in(troubled.email, PASSWORD)
            assert unsaved(auth) is VaultProblem.WAITING
            absentee.returns()
            await until(lambda: unsaved(auth) is None, what="the save")
            assert absentee.asked == 1
            return await auth.access_token()

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


def test_the_late_answer_finds_somebody_else_and_leaves_them_until_it_is_told_to_write_over(
    troubled: Machine, absentee: Absentee, lite: EmbeddedServer, run: Run
) -> None:
    other = run(lambda: an_account(lite))

    async def scenario(*, order: bool) -> str:
        await stayed(troubled)
        absentee.back.clear()
        absentee.prompts.count = 0
        async with going_on_without(troubled, absentee) as auth:
            await auth.sign_in(other, PASSWORD)
            absentee.returns()
            await until(lambda: unsaved(auth) is VaultProblem.OCCUPIED, what="the word about it")
            await auth.refresh()
            assert unsaved(auth) is VaultProblem.OCCUPIED
            if order:
                await auth.save_over()
                assert unsaved(auth) is None
        async with troubled.app() as auth:
            assert auth.user is not None
            return auth.user.email

    assert run(lambda: scenario(order=False), deadline=60) == troubled.email
    assert run(lambda: scenario(order=True), deadline=60) == other


@pytest.mark.parametrize("refuses", [True, False], ids=["refused", "answered"])
def test_the_late_answer_to_nobody_signs_nobody_in_and_removes_nothing(
    troubled: Machine, absentee: Absentee, run: Run, refuses: bool
) -> None:
    async def scenario() -> None:
        await stayed(troubled)
        async with going_on_without(troubled, absentee) as auth:
            absentee.returns(refuses=refuses)
            await auth._vault.load(quiet=True)  # it is answered when the one before it has been
            await settled()
            assert isinstance(auth.state.session, SignedOut)
        absentee.refuses = False
        assert isinstance(await troubled.restarted(), SignedIn)

    run(scenario, deadline=60)
