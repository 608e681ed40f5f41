"""The system browser as a door: one exchange, one port, and from every way out back to where one was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.errors import AuthError, ErrorKind, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.redirect import LIFE, Denied, Failed, Granted, Redirected, Verdict
from desktopauth.core.state import BrowserWait, PasswordForm, SignedIn
from tests.core.browser import ADDRESS
from tests.core.conftest import ADA, World
from tests.core.fakes import offline, quietly, refused
from tests.scenario import Run, settled, until

URL = "https://github.test/consent"


@asynccontextmanager
async def away(world: World, auth: Auth) -> AsyncIterator[asyncio.Task[None]]:
    """The person is at the provider's page."""
    going = asyncio.create_task(auth.sign_in_with("github", scopes="read:user", options={"prompt": "login"}))
    await until(lambda: world.browser.opened, what="the browser")
    await settled()
    yield going


def kind(going: asyncio.Task[None]) -> ErrorKind:
    error = going.exception()
    assert isinstance(error, AuthError)
    return error.kind


def test_allowing_it_there_signs_in_here_with_one_exchange(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            assert world.flow() == BrowserWait("github", URL, world.clock.now() + LIFE, busy=False)
            world.browser.receiver.come(Granted("code"))
            await going
            assert isinstance(world.who(), SignedIn)
            assert world.flow() is None
            assert auth.door == "github"
            assert world.browser.receiver.verdict is Verdict.SIGNED_IN
            assert world.vault.session == world.held

    run(scenario)
    assert world.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]
    assert [call.name for call in world.gateway.calls] == ["authorize", "exchange"]
    assert world.browser.opened == [URL]


def test_the_challenge_goes_out_and_its_verifier_redeems(world: World, run: Run) -> None:
    from desktopauth.core.pkce import Proof

    async def scenario() -> None:
        async with world.auth() as auth:
            for _ in range(2):
                world.browser.opened.clear()
                async with away(world, auth) as going:
                    world.browser.receiver.come(Granted("code"))
                    await going

    run(scenario)
    asked, redeemed = world.gateway.named("authorize"), world.gateway.named("exchange")
    for question, answer in zip(asked, redeemed, strict=True):
        provider, address, challenge, scopes, options = question.arguments
        assert (provider, address, scopes, options) == ("github", ADDRESS, "read:user", {"prompt": "login"})
        assert Proof(answer.arguments[1]).challenge == challenge
    assert asked[0].arguments[2] != asked[1].arguments[2]


BACK: list[tuple[Redirected, ErrorKind, Verdict]] = [
    (Denied(), ErrorKind.BROWSER_DENIED, Verdict.FAILED),
    (Failed(Problem(ErrorKind.SERVER, "redirect")), ErrorKind.SERVER, Verdict.FAILED),
]


@pytest.mark.parametrize(("came", "expected", "verdict"), BACK)
def test_a_no_at_the_provider_leads_back_with_a_sentence(
    world: World, run: Run, came: Redirected, expected: ErrorKind, verdict: Verdict
) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            auth.open_form("sign_in", ADA.email)
            async with away(world, auth) as going:
                world.browser.receiver.come(came)
                await asyncio.wait({going})
                assert kind(going) is expected
                flow = world.flow()
                assert isinstance(flow, PasswordForm)
                assert (flow.email, flow.problem and flow.problem.kind) == (ADA.email, expected)
                assert world.browser.receiver.verdict is verdict

    run(scenario)
    assert world.gateway.count("exchange") == 0


def test_a_browser_that_never_comes_back_is_given_five_minutes(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            world.clock.advance(LIFE)
            await asyncio.wait({going})
            assert kind(going) is ErrorKind.BROWSER_SILENT

    run(scenario)
    assert world.journal.count("port closed") == 1


def test_a_provider_that_is_off_opens_no_browser(world: World, run: Run) -> None:
    world.gateway.script.plan("authorize", refused("authorize", "validation_failed", ErrorKind.PROVIDER_OFF))

    async def scenario() -> None:
        async with world.auth() as auth:
            await quietly(auth.sign_in_with("github"))
            flow = world.flow()
            assert isinstance(flow, PasswordForm)
            assert flow.problem is not None
            assert flow.problem.kind is ErrorKind.PROVIDER_OFF

    run(scenario)
    assert world.browser.opened == []
    assert world.journal.count("port open") == world.journal.count("port closed") == 1


def test_who_is_offline_is_told_before_any_browser(world: World, run: Run) -> None:
    world.gateway.script.plan("authorize", offline("authorize"))

    async def scenario() -> None:
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await auth.sign_in_with("github")
            assert raised.value.kind is ErrorKind.OFFLINE

    run(scenario)
    assert world.browser.opened == []


def test_without_a_port_there_is_a_sentence(world: World, run: Run) -> None:
    world.browser.no_port = OSError("no loopback address")

    async def scenario() -> None:
        async with world.auth() as auth:
            with pytest.raises(AuthError) as raised:
                await auth.sign_in_with("github")
            assert raised.value.kind is ErrorKind.LOOPBACK_UNAVAILABLE
            assert isinstance(world.flow(), PasswordForm)

    run(scenario)


def test_where_no_browser_opens_the_address_can_be_copied_and_the_wait_goes_on(world: World, run: Run) -> None:
    world.browser.works = False

    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            flow = world.flow()
            assert isinstance(flow, BrowserWait)
            assert (flow.url, flow.problem and flow.problem.kind) == (URL, ErrorKind.BROWSER_UNAVAILABLE)
            world.browser.works = True
            await auth.open_again()
            flow = world.flow()
            assert isinstance(flow, BrowserWait)
            assert flow.problem is None
            assert world.browser.opened == [URL, URL]
            world.browser.receiver.come(Granted("code"))
            await going

    run(scenario)


def test_the_final_address_may_be_pasted(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            assert not auth.paste(ADDRESS)
            async with away(world, auth) as going:
                assert not auth.paste("https://elsewhere.test/")
                assert auth.paste(ADDRESS)
                auth.cancel()
                await asyncio.wait({going})
                assert kind(going) is ErrorKind.CANCELLED
                assert not auth.paste(ADDRESS)
                await auth.open_again()
                assert len(world.browser.opened) == 1

    run(scenario)
