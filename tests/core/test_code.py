"""The code view: the mailed code leads in, another may be asked for when its time has come, and Cancel leads back."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.errors import ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.state import CodeWanted, PasswordForm, SignedIn
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, quietly, refused
from tests.scenario import Run

MAIL = ADA.email
WRONG = refused("sign_in", "invalid_credentials", ErrorKind.BAD_CREDENTIALS)
UNCONFIRMED = refused("sign_in", "email_not_confirmed", ErrorKind.EMAIL_NOT_CONFIRMED)


def busy(world: World) -> bool:
    flow = world.flow()
    return flow is not None and flow.busy


async def to_the_code(auth: Auth, world: World) -> CodeWanted:
    await auth.sign_up(MAIL, world.password)
    flow = world.flow()
    assert isinstance(flow, CodeWanted)
    return flow


def test_sign_up_asks_for_the_code_and_the_code_leads_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            flow = await to_the_code(auth, world)
            assert flow == CodeWanted(MAIL, "confirm", world.clock.now() + RESEND_PAUSE)
            assert world.names == [AuthEvent.INITIAL_SESSION]
            await auth.verify("123 456")
            assert world.gateway.named("verify")[0].arguments == (MAIL, "123456")
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]


def test_signing_in_unconfirmed_leads_to_the_code_view(world: World, run: Run) -> None:
    world.gateway.script.plan("sign_in", UNCONFIRMED)

    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_in(MAIL, world.password)
            assert world.flow() == CodeWanted(MAIL, "confirm", world.clock.now() + RESEND_PAUSE)
            await auth.verify("123456")
            assert isinstance(world.who(), SignedIn)

    run(scenario)


def test_a_wrong_code_leaves_the_countdown_alone(world: World, run: Run) -> None:
    wrong = refused("verify", "otp_expired", ErrorKind.CODE_REFUSED)

    async def scenario() -> None:
        async with world.auth() as auth:
            flow = await to_the_code(auth, world)
            world.gateway.script.plan("verify", wrong)
            await quietly(auth.verify("123456"))
            assert world.flow() == CodeWanted(MAIL, "confirm", flow.resend_at, problem=wrong.problem)

    run(scenario)


def test_another_code_is_mailed_once_the_countdown_is_over(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await to_the_code(auth, world)
            await auth.resend()
            assert world.gateway.count("resend") == 0, "too early"
            world.clock.advance(RESEND_PAUSE)
            await auth.resend()
            await auth.resend()
            assert world.gateway.count("resend") == 1
            assert world.flow() == CodeWanted(MAIL, "confirm", world.clock.now() + RESEND_PAUSE)

    run(scenario)


def test_the_countdown_follows_the_servers_own_seconds(world: World, run: Run) -> None:
    too_soon = refused("resend", "over_email_send_rate_limit", ErrorKind.RATE_LIMITED, retry_after=17.0)

    async def scenario() -> None:
        async with world.auth() as auth:
            await to_the_code(auth, world)
            world.clock.advance(RESEND_PAUSE)
            world.gateway.script.plan("resend", too_soon)
            await quietly(auth.resend())
            assert world.flow() == CodeWanted(MAIL, "confirm", world.clock.now() + 17.0, problem=too_soon.problem)

    run(scenario)


@pytest.mark.parametrize("way", ["sign_up", "sign_in"])
def test_cancel_leads_from_the_code_back_to_the_form_and_never_hangs(way: str, world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            if way == "sign_in":
                world.gateway.script.plan("sign_in", UNCONFIRMED)
            await getattr(auth, way)(MAIL, world.password)
            world.gateway.script.plan("verify", gate := Gate(late := world.session("late")))
            checking = asyncio.create_task(auth.verify("123456"))
            await gate.reached.wait()
            assert busy(world)
            auth.cancel()
            assert isinstance(world.flow(), CodeWanted)
            assert not busy(world)
            auth.cancel()
            assert world.flow() == PasswordForm("sign_up", MAIL)
            auth.cancel()
            assert world.flow() == PasswordForm("sign_up", MAIL)
            gate.open()
            await checking
            assert world.gateway.named("sign_out")[0].arguments[0] == late.access_token

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION]


def test_a_code_is_checked_only_where_one_is_asked_for(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.verify("123456")
            await auth.resend()

    run(scenario)
    assert world.gateway.calls == []


def test_a_code_that_is_mailed_after_the_cancel_opens_no_view(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("sign_up", gate := Gate())
            signing = asyncio.create_task(auth.sign_up(MAIL, world.password))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await signing
            assert world.flow() == PasswordForm(email=MAIL)

    run(scenario)
    assert world.gateway.count("sign_out") == 0
