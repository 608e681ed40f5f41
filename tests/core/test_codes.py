"""Codes by mail or SMS, and the forgotten password: what is asked, what is said, and the way back."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError, ErrorKind
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.models import User, UserChange
from desktopauth.core.state import (
    AddressForm,
    AnotherPerson,
    CodeWanted,
    Interrupted,
    NewPassword,
    PasswordForm,
    SignedIn,
    SignedOut,
)
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, quietly, refused
from tests.scenario import Run, until

MAIL = ADA.email
PHONE = "+821012345678"
TOO_SOON = refused("send_code", "over_email_send_rate_limit", ErrorKind.RATE_LIMITED, status=429, retry_after=42.0)
WEAK = refused("update_user", "weak_password", ErrorKind.WEAK_PASSWORD, status=422, reasons=("length",))


async def proved(world: World, auth: Auth) -> None:
    """They have forgotten the password, and the mailed code was right."""
    await auth.forgot_password(MAIL)
    await auth.verify("123456")
    assert world.flow() == NewPassword(MAIL, forgotten=True)


@pytest.mark.parametrize("to", [MAIL, PHONE, "821012345678"])
@pytest.mark.parametrize("create", [True, False])
def test_a_code_leads_in(world: World, run: Run, to: str, create: bool) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_address("sign_in")
            await auth.sign_in_with_code(f" {to} ", create=create)
            assert world.flow() == CodeWanted(to, "sign_in", world.clock.now() + RESEND_PAUSE, create=create)
            await auth.verify("123-456")
            assert isinstance(world.who(), SignedIn)
            assert auth.door == "code"

    run(scenario)
    assert [call.arguments for call in world.gateway.named("send_code")] == [(to, create)]
    assert world.gateway.named("verify")[0].arguments == (to, "123456")


@pytest.mark.parametrize(
    ("to", "kind"),
    [("nobody", ErrorKind.INVALID_EMAIL), ("12", ErrorKind.INVALID_PHONE), ("", ErrorKind.INVALID_EMAIL)],
)
def test_what_can_be_no_address_is_told_without_asking(world: World, run: Run, to: str, kind: ErrorKind) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await auth.sign_in_with_code(to)
            assert raised.value.kind is kind
            flow = world.flow()
            assert isinstance(flow, AddressForm)
            assert (flow.email, flow.problem and flow.problem.kind) == (to, kind)

    run(scenario)
    assert world.gateway.calls == []


def test_no_password_is_recovered_by_phone(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await auth.forgot_password(PHONE)
            assert raised.value.kind is ErrorKind.INVALID_PHONE

    run(scenario)
    assert world.gateway.calls == []


def test_too_soon_the_form_counts_down_the_servers_seconds(world: World, run: Run) -> None:
    world.gateway.script.plan("send_code", TOO_SOON)

    async def scenario() -> None:
        async with world.auth() as auth:
            await quietly(auth.sign_in_with_code(MAIL))
            flow = world.flow()
            assert isinstance(flow, AddressForm)
            assert flow.retry_at == world.clock.now() + 42

    run(scenario)


@pytest.mark.parametrize("purpose", ["sign_in", "recovery"])
def test_another_code_is_sent_the_way_the_first_one_was(world: World, run: Run, purpose: str) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await (auth.sign_in_with_code(MAIL, create=False) if purpose == "sign_in" else auth.forgot_password(MAIL))
            await auth.resend()
            assert len(world.gateway.calls) == 1
            world.clock.advance(RESEND_PAUSE)
            await auth.resend()
            flow = world.flow()
            assert isinstance(flow, CodeWanted)
            assert flow.resend_at == world.clock.now() + RESEND_PAUSE
            auth.cancel()
            assert world.flow() == AddressForm(flow.purpose, MAIL)  # type: ignore[arg-type]
            auth.cancel()
            assert world.flow() == PasswordForm(email=MAIL)

    run(scenario)
    first, second = world.gateway.calls
    assert first == second


def test_a_new_password_signs_in_who_has_forgotten_the_old(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await proved(world, auth)
            assert world.who() == SignedOut()
            assert world.vault.session is None, "nobody is in before the password is chosen"
            await auth.set_password(world.password)
            assert isinstance(world.who(), SignedIn)
            assert world.flow() is None
            assert world.vault.session == world.held

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.PASSWORD_RECOVERY, AuthEvent.SIGNED_IN]
    [call] = world.gateway.named("update_user")
    assert call.arguments[1] == UserChange(password=world.password)


def test_a_weak_password_is_asked_for_again(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", WEAK)

    async def scenario() -> None:
        async with world.auth() as auth:
            await proved(world, auth)
            for password in (world.password, ""):
                await quietly(auth.set_password(password))
                flow = world.flow()
                assert isinstance(flow, NewPassword)
                assert flow.problem is not None
                assert not flow.busy
            await auth.set_password(world.password)
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.gateway.count("sign_out") == 0


def test_who_leaves_the_new_password_is_signed_in_nowhere(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await proved(world, auth)
            auth.cancel()
            assert world.flow() == PasswordForm(email=MAIL)
            await until(lambda: world.gateway.count("sign_out") == 1)
            await auth.set_password(world.password)
            assert world.gateway.count("update_user") == 0

    run(scenario)


def test_a_cancel_while_the_password_is_being_set_lets_nobody_in(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", gate := Gate())

    async def scenario() -> None:
        async with world.auth() as auth:
            await proved(world, auth)
            setting = asyncio.create_task(auth.set_password(world.password))
            await gate.reached.wait()
            auth.cancel()
            assert world.flow() == PasswordForm(email=MAIL)
            gate.open()
            await setting
            assert world.held is None

    run(scenario)
    assert world.gateway.count("sign_out") >= 1


def test_a_password_chosen_after_an_hour_is_set_with_a_fresh_token(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await proved(world, auth)
            world.clock.advance(4000)
            world.gateway.script.plan("update_user", WEAK)
            await quietly(auth.set_password(world.password))
            await auth.set_password(world.password)
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.gateway.count("refresh") == 1


def test_a_refreshed_session_of_somebody_who_has_gone_is_not_held(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await proved(world, auth)
            world.clock.advance(4000)
            world.gateway.script.plan("refresh", gate := Gate())
            setting = asyncio.create_task(auth.set_password(world.password))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await quietly(setting)
            assert auth._attempts.proved is None

    run(scenario)


def test_the_recovered_person_is_not_the_one_whose_work_it_is(world: World, run: Run) -> None:
    eve = User("eve", "eve@example.com")
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))
    world.gateway.script.plan("verify", lambda: world.session("s2", eve))
    world.gateway.script.plan("update_user", eve)

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await quietly(auth.refresh())
            await auth.forgot_password(eve.email)
            await auth.verify("123456")
            await auth.set_password(world.password)
            assert world.flow() == AnotherPerson(eve)
            assert isinstance(world.who(), Interrupted)
            auth.cancel()
            assert world.flow() == PasswordForm(email=ADA.email)
            await until(lambda: world.gateway.count("sign_out") == 1)

    run(scenario)


def test_the_first_code_of_two_is_no_way_in(world: World, run: Run) -> None:
    world.gateway.script.plan("verify", lambda: None)

    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            with pytest.raises(AuthError) as raised:
                await auth.verify("123456")
            assert raised.value.kind is ErrorKind.SERVER

    run(scenario)


def test_an_address_is_asked_for_only_at_the_door(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.open_address("recovery")
            assert world.flow() is None

    run(scenario)


def test_the_address_typed_before_comes_along(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_form("sign_in", MAIL)
            auth.open_address("recovery")
            assert world.flow() == AddressForm("recovery", MAIL)
            auth.open_address("sign_in", "")
            assert world.flow() == AddressForm("sign_in")

    run(scenario)
