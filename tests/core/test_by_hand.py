"""The session by hand, in supabase's names: for apps that hold tokens themselves, or get them from their backend."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Outcome
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import Session, User
from desktopauth.core.state import AnotherPerson, Interrupted, SignedIn, SignedOut
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, offline, quietly, refused, token
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")


def given(world: World, *, session_id: str = "s9", left: float = 1800.0) -> str:
    """An access token as a backend would hand it over."""
    now = int(world.clock.now())
    return token(session_id, "signature", iat=now - 1800, exp=now + left)


def test_get_session_asks_nobody(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.clock.advance(1)
            before = list(world.vault.calls)
            assert auth.get_session() == session
            assert world.vault.calls == before
            auth.sign_out()
            assert auth.get_session() is None

    run(scenario)
    assert world.gateway.count("refresh") == 0


def test_refresh_session_gives_the_new_one(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", fresh := world.session())
            assert await auth.refresh_session() == fresh

    run(scenario)


@pytest.mark.parametrize("call", ["refresh_session", "get_user"])
def test_nobody_has_no_session(world: World, run: Run, call: str) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await getattr(auth, call)()
            assert (raised.value.kind, raised.value.problem.call) == (ErrorKind.SESSION_MISSING, call)
            assert raised.value.problem.outcome is Outcome.MISUSE

    run(scenario)


def test_a_backends_session_is_taken_over_and_saved(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            access = given(world)
            kept = await auth.set_session(access, "their refresh token")
            assert (kept.access_token, kept.refresh_token, kept.user) == (access, "their refresh token", ADA)
            assert (kept.expires_in, kept.expires_at) == (3600.0, world.clock.now() + 1800)
            assert world.held == kept
            assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]
    assert world.vault.session is not None
    assert world.gateway.count("refresh") == 0


def test_a_backends_expired_token_is_refreshed_first(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("refresh", fresh := world.session("s9"))
            assert await auth.set_session(given(world, left=-5), "their refresh token") == fresh
            assert world.gateway.named("refresh")[0].arguments == ("their refresh token",)

    run(scenario)


@pytest.mark.parametrize("access", ["", "no token", "a.b.c"])
def test_what_is_no_access_token_is_a_slip_and_asks_nobody(world: World, run: Run, access: str) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await auth.set_session(access, "their refresh token")
            assert raised.value.kind is ErrorKind.MISUSE

    run(scenario)
    assert world.gateway.calls == []


def test_a_backends_session_that_the_server_refuses_changes_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("user", refused("user", "session_not_found", status=403))
            with pytest.raises(AuthError):
                await auth.set_session(given(world), "their refresh token")
            assert isinstance(world.who(), SignedOut)

    run(scenario)


def test_a_session_given_for_another_person_waits_until_it_is_chosen(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("refresh", ending("session_expired"))
            await quietly(auth.refresh())
            world.gateway.script.plan("user", world.session("s9", EVE))
            with pytest.raises(AuthError) as raised:
                await auth.set_session(given(world), "their refresh token")
            assert raised.value.kind is ErrorKind.SESSION_MISSING, "not signed in yet"
            assert isinstance(world.who(), Interrupted)
            assert world.flow() == AnotherPerson(EVE)

    run(scenario)


def test_get_user_asks_the_server(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            assert await auth.get_user() == ADA
            assert world.gateway.named("user")[0].arguments == (session.access_token,)

    run(scenario)


def test_a_doubt_about_the_session_is_cleared_by_a_refresh_and_no_more(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            world.gateway.script.plan("user", refused("user", "session_not_found", status=403))
            with pytest.raises(AuthError):
                await auth.get_user()
            await until(lambda: world.gateway.count("refresh"))
            await settled()
            assert isinstance(world.who(), SignedIn)
            world.gateway.script.plan("user", refused("user", "bad_jwt", status=403), offline("user"))
            for _ in range(2):
                await quietly(auth.get_user())

    run(scenario)
    assert world.gateway.count("refresh") == 1


@pytest.mark.parametrize(("wanted", "refreshes"), [(0.0, 0), (500.0, 0), (601.0, 1)])
def test_a_token_that_has_to_last_is_refreshed_early(world: World, run: Run, wanted: float, refreshes: int) -> None:
    async def scenario() -> None:
        async with world.signed_in(world.session(left=600.0, life=600.0)) as auth:
            assert await auth.access_token(min_validity=wanted)

    run(scenario)
    assert world.gateway.count("refresh") == refreshes


def test_a_token_that_cannot_last_longer_is_given_as_it_is(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            world.gateway.script.plan("refresh", offline())
            assert await auth.access_token(min_validity=7200) == session.access_token

    run(scenario)


def test_on_auth_state_change_tells_event_and_session_until_unsubscribed(world: World, run: Run) -> None:
    heard: list[tuple[AuthEvent, Session | None]] = []

    async def scenario() -> None:
        async with world.signed_in(session := world.session()) as auth:
            subscription = auth.on_auth_state_change(lambda event, held: heard.append((event, held)))
            world.gateway.script.plan("refresh", fresh := world.session())
            await auth.refresh()
            auth.sign_out()
            subscription.unsubscribe()
            await auth.sign_in(ADA.email, world.password)
            assert heard == [
                (AuthEvent.INITIAL_SESSION, session),
                (AuthEvent.TOKEN_REFRESHED, fresh),
                (AuthEvent.SIGNED_OUT, None),
            ]

    run(scenario)


def test_a_session_that_comes_after_a_cancel_is_not_the_backends_to_keep(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            world.gateway.script.plan("user", gate := Gate())
            setting = asyncio.create_task(quietly(auth.set_session(given(world), "their refresh token")))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await setting
            await until(lambda: world.gateway.count("sign_out"))
            assert world.held is None

    run(scenario)
