"""Ways out of the wait for a browser: cancelled, superseded, left; each closes the port and loses nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.models import Exchanged, ProviderTokens, User
from desktopauth.core.parts import Parts
from desktopauth.core.redirect import Denied, Granted, Verdict
from desktopauth.core.state import AnotherPerson, BrowserWait, Interrupted, PasswordForm, SignedIn
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, quietly
from tests.core.test_browsing import away, kind
from tests.scenario import Run, settled, until


def test_cancel_closes_the_port_and_leads_back(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_form("sign_in", ADA.email)
            async with away(world, auth) as going:
                auth.cancel()
                assert world.flow() == PasswordForm(email=ADA.email)
                await asyncio.wait({going})
                assert kind(going) is ErrorKind.CANCELLED
                await settled()
                assert world.journal[-1] == "port closed"
                assert world.browser.receiver.verdict is Verdict.ABANDONED
                assert world.flow() == PasswordForm(email=ADA.email)

    run(scenario)
    assert world.gateway.count("exchange") == 0


def test_who_came_from_the_sign_up_form_is_back_there(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_form("sign_up", ADA.email)
            for _ in range(2):  # and by a second attempt on top of the first
                world.browser.opened.clear()
                async with away(world, auth) as going:
                    world.browser.receiver.come(Denied())
                    await asyncio.wait({going})
                    assert kind(going) is ErrorKind.BROWSER_DENIED
                flow = world.flow()
                assert isinstance(flow, PasswordForm)
                assert (flow.purpose, flow.email) == ("sign_up", ADA.email)

    run(scenario)


def test_cancel_before_the_server_has_named_the_page_opens_none(world: World, run: Run) -> None:
    world.gateway.script.plan("authorize", gate := Gate())

    async def scenario() -> None:
        async with world.auth() as auth:
            going = asyncio.create_task(auth.sign_in_with("github"))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await asyncio.wait({going})
            assert kind(going) is ErrorKind.CANCELLED

    run(scenario)
    assert world.browser.opened == []


def test_a_session_redeemed_after_a_cancel_is_revoked(world: World, run: Run) -> None:
    world.gateway.script.plan("exchange", gate := Gate())

    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            world.browser.receiver.come(Granted("code"))
            await gate.reached.wait()
            flow = world.flow()
            assert isinstance(flow, BrowserWait)
            assert flow.busy
            auth.cancel()
            gate.open()
            await going
            await until(lambda: world.gateway.count("sign_out") == 1)
            assert world.held is None
            assert auth.door == ""

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION]


def test_a_second_attempt_supersedes_the_first(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as first:
            world.browser.opened.clear()
            async with away(world, auth) as second:
                await asyncio.wait({first})
                assert kind(first) is ErrorKind.CANCELLED
                assert world.journal.count("port closed") == 1
                world.browser.receivers[0].come(Granted("late"))
                world.browser.receivers[1].come(Granted("code"))
                await second
                assert isinstance(world.who(), SignedIn)

    run(scenario)
    assert [call.arguments[0] for call in world.gateway.named("exchange")] == ["code"]


def test_leaving_while_the_browser_is_out_closes_the_port(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            pass
        await asyncio.wait({going})
        assert kind(going) is ErrorKind.CANCELLED
        assert world.journal.count("port closed") == 1

    run(scenario)


def test_over_somebodys_work_another_person_waits_aside(world: World, run: Run) -> None:
    eve = User("eve", "eve@example.com")
    world.gateway.script.plan("exchange", lambda: Exchanged(world.session("s2", eve), ProviderTokens("hers")))
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await quietly(auth.refresh())
            assert isinstance(world.who(), Interrupted)
            async with away(world, auth) as going:
                world.browser.receiver.come(Granted("code"))
                await going
                assert world.flow() == AnotherPerson(eve)
                assert world.provider_vault.stored == {}
                await auth.let_in()
                assert auth.user == eve
                assert world.provider_vault.stored == {"github": ProviderTokens("hers")}

    run(scenario)


def test_a_lost_answer_to_the_exchange_is_not_asked_for_again(world: World, run: Run) -> None:
    world.gateway.script.plan("exchange", AuthError(Problem(ErrorKind.OFFLINE, "exchange", Outcome.LOST)))

    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            world.browser.receiver.come(Granted("code"))
            await asyncio.wait({going})
            assert kind(going) is ErrorKind.OFFLINE
            assert world.browser.receiver.verdict is Verdict.FAILED

    run(scenario)
    assert world.gateway.count("exchange") == 1


def test_a_cancel_while_the_browser_opens_is_the_last_word(world: World, run: Run) -> None:
    opening = Gate(True)

    async def slowly(_url: str) -> bool:
        return bool(await opening.passed())

    async def scenario() -> None:
        world.parts = replace(world.parts, open_browser=slowly)
        async with world.auth() as auth:
            going = asyncio.create_task(auth.sign_in_with("github"))
            await opening.reached.wait()
            auth.cancel()
            opening.open()
            await asyncio.wait({going})
            assert kind(going) is ErrorKind.CANCELLED
            assert world.flow() == PasswordForm()

    run(scenario)


def test_nothing_is_opened_again_before_anything_was(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.open_again()
            auth.cancel()

    run(scenario)
    assert world.browser.opened == []


def test_an_app_without_a_browser_says_so_and_one_without_a_receiver_too(world: World, run: Run) -> None:
    whole = world.parts
    bare = Parts(whole.gateway, whole.vault, whole.tombstones, whole.locks, whole.clock, whole.server_clock)

    async def scenario() -> None:
        world.parts = bare
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await auth.sign_in_with("github")
            assert raised.value.kind is ErrorKind.LOOPBACK_UNAVAILABLE
        world.parts = replace(bare, receive=world.browser.receive)
        async with world.auth() as auth:
            going = asyncio.create_task(auth.sign_in_with("github"))
            await until(lambda: isinstance(world.flow(), BrowserWait) and not world.flow().busy)  # type: ignore[union-attr]
            flow = world.flow()
            assert isinstance(flow, BrowserWait)
            assert flow.problem is not None
            auth.cancel()
            await asyncio.wait({going})
            assert kind(going) is ErrorKind.CANCELLED

    run(scenario)


def test_a_cancel_at_work_changes_nothing(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.cancel()
            assert world.flow() is None
            assert isinstance(world.who(), SignedIn)

    run(scenario)


def test_configured_scopes_are_asked_for_unless_others_are_named(world: World, run: Run) -> None:
    world.parts = replace(world.parts, scopes={"spotify": "user-read-email"})

    async def scenario() -> None:
        async with world.auth() as auth:
            for provider, scopes in (("spotify", None), ("spotify", "other"), ("github", None)):
                going = asyncio.create_task(auth.sign_in_with(provider, scopes=scopes))
                await until(lambda: isinstance(flow := world.flow(), BrowserWait) and not flow.busy)
                auth.cancel()
                await asyncio.wait({going})
                assert kind(going) is ErrorKind.CANCELLED

    run(scenario)
    assert [call.arguments[3] for call in world.gateway.named("authorize")] == ["user-read-email", "other", ""]
