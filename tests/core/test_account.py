"""Changing what is one's own: the password, the address, the profile; and what providers gave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from desktopauth.core.errors import AuthError, ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.models import User, UserChange
from desktopauth.core.state import CodeWanted, NewEmail, PasswordForm
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, quietly
from tests.scenario import Run, settled, until

NEW = "ada@elsewhere.test"
NAMED = User("ada", ADA.email, {"id": "ada", "email": ADA.email, "user_metadata": {"full_name": "Ada"}})
MOVING = User("ada", ADA.email, {"id": "ada", "email": ADA.email, "new_email": NEW})


def changes(world: World) -> list[UserChange]:
    return [call.arguments[1] for call in world.gateway.named("update_user")]


@pytest.mark.parametrize("codes", [1, 2])
def test_another_address_is_proved_by_one_code_or_two(world: World, run: Run, codes: int) -> None:
    world.gateway.script.plan("update_user", MOVING)
    moved = User("ada", NEW)
    answers: list[Callable[[], object]] = [lambda: None] * (codes - 1)
    world.gateway.script.plan("verify", *answers, lambda: world.session("s2", moved))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(f" {NEW} ")
            assert world.flow() == CodeWanted(NEW, "email_change", world.clock.now() + RESEND_PAUSE)
            await auth.verify("111111")
            if codes == 2:
                flow = world.flow()
                assert isinstance(flow, CodeWanted)
                assert (flow.email, flow.purpose) == (ADA.email, "email_change")
                await auth.verify("222222")
            assert world.flow() is None
            assert auth.user == moved
            assert world.vault.session == world.held

    run(scenario)
    asked = [call.arguments for call in world.gateway.named("verify")]
    assert asked == [(NEW, "111111", "email_change"), (ADA.email, "222222", "email_change")][:codes]
    assert world.names[-1] is AuthEvent.USER_UPDATED
    assert AuthEvent.SIGNED_IN not in world.names


def test_a_project_that_asks_no_proof_changes_the_address_at_once(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", User("ada", NEW))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(NEW)
            assert world.flow() is None
            assert auth.user == User("ada", NEW)

    run(scenario)


def test_both_codes_anew_start_with_the_new_address(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", MOVING, MOVING)
    world.gateway.script.plan("verify", lambda: None)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(NEW)
            await auth.verify("111111")
            world.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert world.flow() == CodeWanted(NEW, "email_change", world.clock.now() + RESEND_PAUSE)
            auth.cancel()
            assert world.flow() is None

    run(scenario)
    assert changes(world) == [UserChange(email=NEW)] * 2


def test_a_code_that_proves_another_person_lets_nobody_in(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", MOVING)
    world.gateway.script.plan("verify", lambda: world.session("s2", User("eve", NEW)))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_email()
            await auth.change_email(NEW)
            with pytest.raises(AuthError):
                await auth.verify("111111")
            assert auth.user == ADA
            await until(lambda: world.gateway.count("sign_out") == 1)

    run(scenario)


def test_a_slip_in_the_address_is_told_without_asking(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await auth.change_email(NEW)
            auth.open_new_email()
            await quietly(auth.change_email("nobody"))
            flow = world.flow()
            assert isinstance(flow, NewEmail)
            assert (flow.email, flow.problem and flow.problem.kind) == ("nobody", ErrorKind.INVALID_EMAIL)

    run(scenario)
    assert world.gateway.calls == []


def test_a_changed_profile_is_kept_and_told(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", NAMED)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            assert await auth.update_user(UserChange(facts={"full_name": "Ada"})) == NAMED
            stored = world.vault.session
            assert stored is not None
            assert stored.user.facts == NAMED.facts

    run(scenario)
    assert world.names == [AuthEvent.USER_UPDATED]


def test_a_profile_changed_during_a_refresh_outlives_its_older_answer(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", NAMED)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.vault.script.plan("save", gate := Gate())
            refreshing = asyncio.create_task(auth.refresh())
            await gate.reached.wait()
            updating = asyncio.create_task(auth.update_user(UserChange(facts={"full_name": "Ada"})))
            await settled()
            gate.open()
            await asyncio.gather(refreshing, updating)
            await until(lambda: world.names == [AuthEvent.TOKEN_REFRESHED, AuthEvent.USER_UPDATED])
            stored = world.vault.session
            assert stored is not None
            assert stored == world.held
            assert stored.user.facts == NAMED.facts

    run(scenario)


def test_what_comes_after_a_sign_out_changes_nobody(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", gate := Gate(NAMED), Gate())

    async def scenario() -> None:
        async with world.signed_in() as auth:
            updating = asyncio.create_task(auth.update_user(UserChange(facts={})))
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await updating
            assert world.held is None
            with pytest.raises(AuthError) as raised:
                await auth.update_user(UserChange(facts={}))
            assert raised.value.kind is ErrorKind.SESSION_MISSING

    run(scenario)
    assert world.names == [AuthEvent.SIGNED_OUT]


def test_nobody_can_open_the_panels_of_who_is_signed_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_new_password()
            auth.open_new_email()
            assert world.flow() == PasswordForm()

    run(scenario)
