"""The session ends while somebody is at work: they are asked in again, and nobody else is let in over their head."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import User
from desktopauth.core.state import AnotherPerson, Interrupted, PasswordForm, Reason, SignedIn, SignedOut
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, quietly
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")
CUT_OFF = Interrupted(ADA, Reason.REVOKED, "session_not_found")
REAUTH, IN, OUT, BACK = (
    AuthEvent.REAUTH_REQUIRED,
    AuthEvent.SIGNED_IN,
    AuthEvent.SIGNED_OUT,
    AuthEvent.TOKEN_REFRESHED,
)


async def cut_off(world: World) -> None:
    """The server says that there is no such session any more."""
    world.gateway.script.plan("refresh", ending("session_not_found"))
    await quietly(world.auth_now.refresh())
    await until(lambda: "tombstone lift" in world.journal)


def test_it_is_told_once_and_the_person_stays_the_user(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            assert world.who() == CUT_OFF
            assert world.flow() == PasswordForm(email=ADA.email)
            assert (auth.user, auth.status, world.held) == (ADA, "unauthenticated", None)
            world.clock.advance(3600)
            await settled()

    run(scenario)
    assert world.names == [REAUTH]
    assert (world.events[0].reason, world.events[0].user) == (Reason.REVOKED, ADA)
    assert world.vault.session is None
    assert not any(step.user_changed for step in world.steps)


def test_the_same_person_comes_back_by_any_door_and_goes_on(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", back := world.session("s2"))
            await auth.sign_in(ADA.email, world.password)
            assert isinstance(world.who(), SignedIn)
            assert world.flow() is None
            assert world.held == back
            assert await auth.access_token() == back.access_token

    run(scenario)
    assert world.names == [REAUTH, BACK]
    assert not any(step.user_changed for step in world.steps)
    assert world.vault.session is not None


def test_a_wrong_password_leaves_them_where_they_are(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", ending("invalid_credentials"))
            await quietly(auth.sign_in(ADA.email, world.password))
            assert world.who() == CUT_OFF
            flow = world.flow()
            assert isinstance(flow, PasswordForm)
            assert flow.problem is not None

    run(scenario)
    assert world.names == [REAUTH]


def test_who_gives_up_is_signed_out_once(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            assert auth.sign_out().status == "revoked", "the server has ended it itself"
            auth.sign_out()
            assert world.who() == SignedOut(Reason.USER)
            assert await auth.access_token() is None

    run(scenario)
    assert world.names == [REAUTH, OUT]


def test_another_person_is_not_let_in_before_it_is_chosen(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", theirs := world.session("s2", EVE))
            await auth.sign_in(EVE.email, world.password)
            assert world.who() == CUT_OFF
            assert world.flow() == AnotherPerson(EVE)
            assert world.held is None
            assert world.vault.session is None
            with pytest.raises(AuthError):
                await auth.access_token()
            await auth.let_in()
            assert isinstance(world.who(), SignedIn)
            assert auth.user == EVE
            assert world.held == theirs
            await auth.let_in()

    run(scenario)
    assert world.names == [REAUTH, OUT, IN]
    assert world.events[1].reason is Reason.REPLACED
    assert world.vault.session is not None
    assert world.gateway.count("sign_out") == 0, "the first one's session is gone already"


def test_another_person_who_leaves_again_is_revoked_and_the_first_is_asked_again(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", theirs := world.session("s2", EVE))
            await auth.sign_in(EVE.email, world.password)
            auth.cancel()
            assert world.flow() == PasswordForm(email=ADA.email)
            await until(lambda: world.gateway.count("sign_out"))
            assert world.gateway.named("sign_out")[0].arguments == (theirs.access_token, "local")
            await auth.let_in()
            assert world.who() == CUT_OFF

    run(scenario)
    assert world.names == [REAUTH]


def test_giving_up_while_another_person_waits_lets_neither_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", world.session("s2", EVE))
            await auth.sign_in(EVE.email, world.password)
            auth.sign_out()
            await until(lambda: world.gateway.count("sign_out"))
            await auth.let_in()
            assert world.who() == SignedOut(Reason.USER)

    run(scenario)
    assert world.names == [REAUTH, OUT]
    assert world.vault.session is None


def test_who_signs_in_again_in_another_copy_is_back_here_too(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            await cut_off(world)
            await settled()
            world.vault.put(theirs := world.session("s2"))
            world.clock.advance(30)
            await until(lambda: world.held == theirs)
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.names == [REAUTH, BACK]


def test_who_waits_aside_is_revoked_when_the_first_one_is_back_in_another_copy(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", aside := world.session("s3", EVE))
            await auth.sign_in(EVE.email, world.password)
            world.vault.put(world.session("s2"))
            world.clock.advance(30)
            await until(lambda: isinstance(world.who(), SignedIn))
            await until(lambda: world.gateway.count("sign_out"))
            assert world.gateway.named("sign_out")[0].arguments == (aside.access_token, "local")
            await auth.let_in()
            assert auth.user == ADA

    run(scenario)


def test_another_person_in_another_copy_changes_nothing_here(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            await cut_off(world)
            world.vault.put(theirs := world.session("s2", EVE))
            world.clock.advance(30)
            await settled()
            assert world.who() == CUT_OFF
            assert world.vault.session == theirs

    run(scenario)


@pytest.mark.parametrize("open_work", [True, False])
def test_a_sign_out_elsewhere_interrupts_only_open_work(world: World, run: Run, open_work: bool) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.guard_work(lambda: False)
            auth.guard_work(lambda: open_work)
            auth.guard_work(lambda: True).close()
            world.vault.wipe()
            auth.nudge()
            await until(lambda: not isinstance(world.who(), SignedIn))
            expected = Interrupted(ADA, Reason.ELSEWHERE) if open_work else SignedOut(Reason.ELSEWHERE)
            assert world.who() == expected

    run(scenario)
    assert world.names == [REAUTH if open_work else OUT]


def test_ones_own_sign_out_leaves_no_work_open(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.guard_work(lambda: True)
            auth.sign_out()
            assert world.who() == SignedOut(Reason.USER)

    run(scenario)
    assert world.names == [OUT]


def test_the_next_start_knows_nobody(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in():
            await cut_off(world)
        world.forget()
        async with world.auth():
            assert world.who() == SignedOut()

    run(scenario)


def test_the_form_can_be_changed_over_the_work(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            auth.open_form("sign_up")
            assert world.flow() == PasswordForm("sign_up", ADA.email)
            assert world.who() == CUT_OFF

    run(scenario)


def test_a_sign_in_under_way_when_it_is_given_up_lets_nobody_in(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            await cut_off(world)
            world.gateway.script.plan("sign_in", gate := Gate())
            signing = asyncio.create_task(auth.sign_in(ADA.email, world.password))
            await gate.reached.wait()
            auth.sign_out()
            gate.open()
            await signing
            await until(lambda: world.gateway.count("sign_out"))
            assert world.who() == SignedOut(Reason.USER)

    run(scenario)
    assert world.names == [REAUTH, OUT]
