"""A new password of who is signed in: told, proved as the server wants it, and nothing lost by a cancel."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.models import UserChange
from desktopauth.core.state import NewEmail, NewPassword
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, refused
from tests.scenario import Run

CURRENT = refused("update_user", "current_password_required", ErrorKind.CURRENT_PASSWORD_WANTED)
CODE = refused("update_user", "reauthentication_needed", ErrorKind.REAUTHENTICATION_WANTED)


def changes(world: World) -> list[UserChange]:
    return [call.arguments[1] for call in world.gateway.named("update_user")]


def test_a_new_password_is_set_and_told(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            assert world.flow() == NewPassword(ADA.email)
            await auth.set_password(world.password)
            assert world.flow() is None
            step = world.steps[-1]
            assert (step.after.flow, step.change and step.change.event) == (None, AuthEvent.USER_UPDATED)

    run(scenario)
    assert changes(world) == [UserChange(password=world.password)]


@pytest.mark.parametrize(("wants", "proof"), [(CURRENT, "current_password"), (CODE, "code")])
def test_the_proof_that_the_server_wants_goes_with_it(world: World, run: Run, wants: AuthError, proof: str) -> None:
    world.gateway.script.plan("update_user", wants)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            await auth.set_password(world.password)
            flow = world.flow()
            assert isinstance(flow, NewPassword)
            assert (flow.proof, flow.busy) == (proof, False)
            assert flow.resend_at == (world.clock.now() + RESEND_PAUSE if proof == "code" else 0.0)
            await auth.set_password(world.password, "123 456")
            assert world.flow() is None

    run(scenario)
    said = UserChange(password=world.password, current_password="123 456")
    mailed = UserChange(password=world.password, nonce="123456")
    assert changes(world)[1] == (said if proof == "current_password" else mailed)
    assert world.gateway.count("reauthenticate") == (proof == "code")


def test_another_proof_may_be_asked_for_in_time(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", CODE)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            await auth.set_password(world.password)
            await auth.resend()
            assert world.gateway.count("reauthenticate") == 1
            world.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert world.gateway.count("reauthenticate") == 2
            flow = world.flow()
            assert isinstance(flow, NewPassword)
            assert flow.resend_at == world.clock.now() + RESEND_PAUSE

    run(scenario)


def test_an_empty_password_is_not_sent_and_a_refusal_stays_on_the_form(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", refused("update_user", "same_password", ErrorKind.SAME_PASSWORD))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            for password, kind in (("", ErrorKind.PASSWORD_MISSING), (world.password, ErrorKind.SAME_PASSWORD)):
                with pytest.raises(AuthError) as raised:
                    await auth.set_password(password)
                assert raised.value.kind is kind
                flow = world.flow()
                assert isinstance(flow, NewPassword)
                assert flow.problem is not None
            auth.cancel()
            assert world.flow() is None
            await auth.set_password(world.password)

    run(scenario)
    assert world.gateway.count("update_user") == 1


def test_a_password_that_was_changed_after_a_cancel_is_told_all_the_same(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", gate := Gate())

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_new_password()
            setting = asyncio.create_task(auth.set_password(world.password))
            await gate.reached.wait()
            auth.cancel()
            auth.open_new_email()
            gate.open()
            await setting
            assert world.flow() == NewEmail(), "what was opened since stays"

    run(scenario)
    assert world.names == [AuthEvent.USER_UPDATED]
