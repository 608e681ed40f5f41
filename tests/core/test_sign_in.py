"""Signing in: saved, then shown, then told; and what nobody waits for any more changes nothing and does not live on."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, VaultProblem
from desktopauth.core.events import AuthEvent, Transition
from desktopauth.core.models import User
from desktopauth.core.ports import Unsaved
from desktopauth.core.state import PasswordForm, SignedIn, SignedOut
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, offline, quietly, refused
from tests.scenario import Run, settled, until

MAIL = ADA.email
WRONG = refused("sign_in", "invalid_credentials", ErrorKind.BAD_CREDENTIALS)
UNCONFIRMED = refused("sign_in", "email_not_confirmed", ErrorKind.EMAIL_NOT_CONFIRMED)


def busy(world: World) -> bool:
    flow = world.flow()
    return flow is not None and flow.busy


def test_saved_then_shown_then_told(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.forget()
            world.vault.script.plan("save", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            assert isinstance(world.who(), SignedOut), "nothing is shown before it is saved"
            assert world.events == []
            gate.open()
            await signing
            assert world.who() == SignedIn(ADA, world.health)
            assert world.health.memory_only is None
            assert world.flow() is None
            assert world.steps[-1].change == world.events[-1]

    run(scenario)
    assert world.journal == ["sign_in", "save", "SIGNED_IN"]
    assert world.vault.session is not None
    assert world.tombstones.laid == set()


def test_the_address_is_trimmed_and_shown_while_it_is_asked(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", gate := Gate(WRONG))
            signing = asyncio.create_task(auth.sign_in(f"  {MAIL} ", world.password))
            await gate.reached.wait()
            assert world.flow() == PasswordForm(email=MAIL, busy=True)
            gate.open()
            with pytest.raises(AuthError) as raised:
                await signing
            assert raised.value is WRONG
            assert world.flow() == PasswordForm(email=MAIL, problem=WRONG.problem)
            assert world.names == [AuthEvent.INITIAL_SESSION]

    run(scenario)
    assert world.gateway.calls[0].arguments == (MAIL, world.password)


@pytest.mark.parametrize("problem", [VaultProblem.LOCKED, VaultProblem.DENIED, VaultProblem.UNAVAILABLE])
def test_a_keyring_that_takes_nothing_is_told_and_keeps_nobody_out(
    problem: VaultProblem, world: World, run: Run
) -> None:
    world.vault.script.plan("save", Unsaved(problem))

    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_in(MAIL, world.password)
            assert world.health.memory_only is problem
            assert world.names[1:] == [AuthEvent.SIGNED_IN, AuthEvent.STORAGE_PROBLEM]
            assert world.events[-1].cause is problem
            await auth.refresh()
            assert world.health.memory_only is None, "the next save went well"

    run(scenario)
    assert world.vault.session is not None


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("late", [None, Unsaved(VaultProblem.DENIED)])
def test_a_keyring_that_prompts_is_not_waited_for(late: Unsaved | None, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.vault.script.plan("save", gate := Gate(late))
            await auth.sign_in(MAIL, world.password)
            assert world.health.memory_only is VaultProblem.WAITING
            assert world.events[-1].cause is VaultProblem.WAITING
            gate.open()
            expected = late.problem if late else None
            await until(lambda: world.health.memory_only is expected)
            told = [change.cause for change in world.events if change.event is AuthEvent.STORAGE_PROBLEM]
            assert told == [VaultProblem.WAITING, *([expected] if expected else [])]
            assert world.names.count(AuthEvent.SIGNED_IN) == 1

    run(scenario)
    assert (world.vault.session is None) == (late is not None)


@pytest.mark.usefixtures("hurried")
def test_a_save_that_ends_after_sign_out_tells_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.vault.script.plan("save", gate := Gate())
            await auth.sign_in(MAIL, world.password)
            auth.sign_out()
            world.forget()
            gate.open()
            await until(lambda: "clear" in world.journal)
            assert world.events == []
            assert isinstance(world.who(), SignedOut)

    run(scenario)
    assert world.vault.session is None


def test_a_sign_in_that_was_cancelled_and_then_answered_is_revoked(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            late = world.session("late")
            world.gateway.script.plan("sign_in", gate := Gate(late))
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            auth.cancel()
            assert world.flow() == PasswordForm(email=MAIL)
            gate.open()
            await signing
            assert world.flow() == PasswordForm(email=MAIL)
            assert world.gateway.named("sign_out")[0].arguments == (late.access_token, "local")
            assert world.held is None

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION]
    assert "save" not in world.vault.calls


def test_a_failure_of_an_attempt_that_was_cancelled_is_not_shown(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", gate := Gate(WRONG))
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await quietly(signing)
            assert world.flow() == PasswordForm(email=MAIL)

    run(scenario)


def test_a_newer_attempt_makes_the_older_ones_answer_void(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            old, new = world.session("old"), world.session("new", User("eve", "eve@example.com"))
            first, second = Gate(old), Gate(new)
            world.gateway.script.plan("sign_in", first, second)
            tasks = [asyncio.create_task(auth.sign_in(mail, world.password)) for mail in (MAIL, "eve@example.com")]
            await second.reached.wait()
            first.open()
            await until(lambda: world.gateway.count("sign_out"))
            assert busy(world), "the newer one is still under way"
            second.open()
            await asyncio.gather(*tasks)
            assert world.held == new
            assert world.gateway.named("sign_out")[0].arguments[0] == old.access_token

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]


def test_a_cancel_by_who_watches_the_first_step_counts(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            cancelled: list[bool] = []

            def cancel_once(_: Transition) -> None:
                if busy(world) and not cancelled:
                    cancelled.append(True)
                    auth.cancel()

            auth.watch(cancel_once)
            await auth.sign_in(MAIL, world.password)
            assert cancelled
            assert world.held is None
            assert not busy(world)

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION]


def test_who_gives_up_on_a_command_does_not_break_it_in_the_middle(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.vault.script.plan("save", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            signing.cancel()
            gate.open()
            await until(lambda: isinstance(world.who(), SignedIn))

    run(scenario)
    assert world.vault.session is not None


def test_another_form_voids_what_was_under_way(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            auth.open_form("sign_up")
            assert world.flow() == PasswordForm("sign_up", MAIL)
            gate.open()
            await signing
            assert world.flow() == PasswordForm("sign_up", MAIL)
            assert world.gateway.count("sign_out") == 1

    run(scenario)


def test_no_form_opens_over_somebodys_work(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_form("sign_in")
            auth.cancel()
            await settled()
            assert world.steps == []

    run(scenario)


def test_a_void_session_that_cannot_be_revoked_is_no_failure_of_the_sign_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", gate := Gate())
            world.gateway.script.plan("sign_out", offline("sign_out"))
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await signing
            assert world.flow() == PasswordForm(email=MAIL)

    run(scenario)


def test_signing_out_in_the_middle_of_signing_in_frees_the_form(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_in", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            auth.sign_out()
            assert world.flow() == PasswordForm(email=MAIL)
            gate.open()
            await signing
            assert world.flow() == PasswordForm(email=MAIL)

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION]


def test_signing_out_while_the_sign_in_is_being_saved_brings_nobody_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.vault.script.plan("save", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(MAIL, world.password))
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await signing
            await until(lambda: world.gateway.count("sign_out"))
            assert isinstance(world.who(), SignedOut)

    run(scenario)
    assert AuthEvent.SIGNED_IN not in world.names
    assert world.vault.session is None
