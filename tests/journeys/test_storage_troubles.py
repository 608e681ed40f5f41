"""The keyring fails under somebody who works: they stay in, are told, and the session is stored once it can be."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import Reason, SignedIn, SignedOut
from desktopauth.demo.keyring_service import PrivateKeyring
from tests.journeys.machine import Machine, troubled, unsaved
from tests.keyrings import Backup, empty_keyring, full_disk, lock_keyring
from tests.prompter import prompter
from tests.scenario import Run, settled, until

__all__ = ["troubled"]


@contextmanager
def gone(service: PrivateKeyring) -> Iterator[None]:
    service.stop_keyring()
    try:
        yield
    finally:
        service.start_keyring()


@contextmanager
def asleep(service: PrivateKeyring) -> Iterator[None]:
    """The daemon takes every request and answers none, until it is woken."""
    assert service.keyring is not None
    os.kill(service.keyring.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(service.keyring.pid, signal.SIGCONT)


@contextmanager
def locked(service: PrivateKeyring) -> Iterator[None]:
    lock_keyring()
    try:
        with prompter(lambda: None):
            yield
    finally:
        with gone(service):
            pass  # it comes back unlocked


TROUBLES = [
    pytest.param(gone, VaultProblem.UNAVAILABLE, id="gone"),
    pytest.param(full_disk, VaultProblem.FULL, id="full"),
    pytest.param(locked, VaultProblem.LOCKED, id="locked and refused"),
]


@pytest.mark.parametrize(("trouble", "problem"), TROUBLES)
def test_what_could_not_be_saved_is_saved_at_the_next_look(
    troubled: Machine, own_keyring: PrivateKeyring, run: Run, trouble: type, problem: VaultProblem
) -> None:
    async def scenario() -> str | None:
        await troubled.signed_in()
        async with troubled.app() as auth:
            with trouble(own_keyring):
                for _ in range(2):
                    await auth.refresh()
                    assert unsaved(auth) is problem
                    auth.nudge()
                    await settled()
            auth.nudge()
            await until(lambda: unsaved(auth) is None, what="the session is saved")
            return await auth.access_token()

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


@pytest.mark.parametrize(("trouble", "problem"), TROUBLES)
def test_what_could_not_be_saved_is_saved_when_they_quit(
    troubled: Machine, own_keyring: PrivateKeyring, run: Run, trouble: type, problem: VaultProblem
) -> None:
    async def scenario() -> str | None:
        await troubled.signed_in()
        async with troubled.app() as auth:
            with trouble(own_keyring):
                await auth.refresh()
                assert unsaved(auth) is problem
            before, token = troubled.saves, await auth.access_token()
            await settled()  # what was tried in the trouble has failed by now
        await until(lambda: troubled.saves > before, what="the save at the end")
        return token

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


@pytest.mark.parametrize(("trouble", "problem"), TROUBLES)
def test_who_quits_while_nothing_can_be_saved_finds_the_session_before_and_the_server_takes_it(
    troubled: Machine, own_keyring: PrivateKeyring, run: Run, trouble: type, problem: VaultProblem
) -> None:
    async def scenario() -> None:
        await troubled.signed_in()
        with ExitStack() as until_they_quit:
            async with troubled.app() as auth:
                until_they_quit.enter_context(trouble(own_keyring))
                await auth.refresh()
                assert unsaved(auth) is problem
        async with troubled.app() as auth:
            await auth.refresh()
            assert unsaved(auth) is None

    run(scenario, deadline=60)


def test_a_keyring_that_answers_late_is_not_asked_twice_and_its_answer_counts(
    troubled: Machine, own_keyring: PrivateKeyring, run: Run
) -> None:
    async def scenario() -> str | None:
        await troubled.signed_in()
        async with troubled.app() as auth:
            with asleep(own_keyring):
                await auth.refresh()
                assert unsaved(auth) is VaultProblem.WAITING
                for _ in range(3):
                    auth.nudge()
                    await settled()
                assert unsaved(auth) is VaultProblem.WAITING
            await until(lambda: unsaved(auth) is None, what="the late answer")
            return await auth.access_token()

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


def test_a_keyring_that_was_emptied_while_they_work_is_filled_again(troubled: Machine, run: Run) -> None:
    async def scenario() -> str | None:
        await troubled.signed_in()
        async with troubled.app() as auth:
            empty_keyring()
            await auth.refresh()
            assert unsaved(auth) is None
            return await auth.access_token()

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


def test_a_second_start_that_finds_the_keyring_emptied_does_not_sign_out_the_first(troubled: Machine, run: Run) -> None:
    async def scenario() -> str | None:
        await troubled.signed_in()
        async with troubled.app() as auth:
            empty_keyring()
            assert await troubled.restarted() == SignedOut()
            auth.nudge()
            await until(troubled.stored, what="the session is there again")
            assert isinstance(auth.state.session, SignedIn)
            return await auth.access_token()

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


def test_a_keyring_from_an_old_backup_gives_way_to_who_works(
    troubled: Machine, own_keyring: PrivateKeyring, run: Run
) -> None:
    async def scenario() -> str | None:
        await troubled.signed_in()
        backup = Backup(own_keyring)
        backup.take()
        async with troubled.app() as auth:
            for _ in range(3):
                await auth.refresh()
            backup.restore()
            await auth.refresh()
            assert unsaved(auth) is None
            return await auth.access_token()

    token = run(scenario, deadline=60)
    assert run(lambda: troubled.holds(token))


def test_who_signed_out_does_not_come_back_with_an_old_backup(
    troubled: Machine, own_keyring: PrivateKeyring, run: Run, expected_logs: object
) -> None:
    assert callable(expected_logs)
    expected_logs("holds a session again that was signed out")

    async def scenario() -> None:
        await troubled.signed_in()
        backup = Backup(own_keyring)
        backup.take()
        await troubled.signed_out()
        backup.restore()
        assert troubled.stored()
        assert await troubled.restarted() == SignedOut()
        assert not troubled.stored()

    run(scenario, deadline=60)


def test_a_sign_out_in_another_copy_counts_although_the_keyring_was_emptied_before(troubled: Machine, run: Run) -> None:
    async def scenario() -> None:
        await troubled.signed_in()
        async with troubled.app() as one, troubled.app() as two:
            empty_keyring()
            one.sign_out()
            await until(lambda: _looks(two))
            assert two.state.session == SignedOut(Reason.ELSEWHERE)
        assert not troubled.stored()

    def _looks(auth: object) -> bool:
        auth.nudge()  # type: ignore[attr-defined]
        return isinstance(auth.state.session, SignedOut)  # type: ignore[attr-defined]

    run(scenario, deadline=60)
