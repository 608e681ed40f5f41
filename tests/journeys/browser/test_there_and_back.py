"""A real browser goes through a real provider and comes back to the receiver, whatever the person does there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from desktopauth.adapters.browser import open_in_browser
from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.loopback import Loopback
from desktopauth.adapters.pages import LANGUAGES
from desktopauth.adapters.pool import Pool
from desktopauth.core.clock import SystemClock
from desktopauth.core.errors import AuthError, ErrorKind
from desktopauth.core.models import Exchanged
from desktopauth.core.pkce import Proof
from desktopauth.core.ports import Clock
from desktopauth.core.redirect import LIFE, Denied, Failed, Granted, TimedOut, Verdict
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.strangers import port_of, refuses, soon
from tests.canary import Canary
from tests.core.fakes import ManualClock
from tests.journeys.browser.chromium import Chromium
from tests.journeys.browser.leaving import CONSENT
from tests.journeys.browser.provider import NAME, Provider
from tests.journeys.browser.screen import arguments
from tests.journeys.browser.tab import Tab
from tests.scenario import Run, settled


def title(verdict: Verdict, language: str = "en") -> str:
    return LANGUAGES[language][verdict][0]


@dataclass(frozen=True)
class Attempt:
    """One sign-in by the browser, as the app makes it: receiver, proof, and the provider's page that was opened."""

    receiver: Loopback
    gateway: SupabaseGateway
    proof: Proof
    chromium: Chromium
    address: str

    async def consent(self) -> Tab:
        return await self.chromium.tab(CONSENT)

    async def granted(self) -> Granted:
        outcome = await self.receiver.wait(soon())
        assert isinstance(outcome, Granted)
        return outcome

    async def exchanged(self) -> Exchanged:
        return await self.gateway.exchange((await self.granted()).code, self.proof.verifier)


Begin = Callable[..., AbstractAsyncContextManager[Attempt]]


@pytest.fixture
def begin(lite_with_github: EmbeddedServer, chromium: Chromium, canary: Canary, visitor: str) -> Begin:
    """``async with begin(...) as attempt``: the browser is open on the page that asks the person."""

    @asynccontextmanager
    async def beginning(clock: Clock | None = None, language: str = "en") -> AsyncIterator[Attempt]:
        url = f"{lite_with_github.url}/auth/v1"
        pool, proof = Pool(url), Proof.new()
        canary.learn(proof.verifier, "verifier")
        gateway = SupabaseGateway(url, lite_with_github.publishable_key, pool, observe=lambda *_: None)
        try:
            async with Loopback(clock or SystemClock(), language=language) as receiver:
                start = await gateway.authorize(
                    "github", redirect_to=receiver.address, challenge=proof.challenge, scopes="", options={}
                )
                assert await open_in_browser(start)
                attempt = Attempt(receiver, gateway, proof, chromium, start)
                await attempt.consent()
                yield attempt
        finally:
            await pool.aclose()

    return beginning


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_allow_brings_a_session_and_the_page_says_so(
    begin: Begin, run: Run, canary: Canary, visitor: str, language: str
) -> None:
    async def scenario() -> None:
        async with begin(language=language) as attempt:
            tab = await attempt.consent()
            await tab.press("Allow")
            await attempt.granted()
            canary.scan_text(arguments(), "the arguments of some process")
            got = await attempt.exchanged()
            attempt.receiver.settle(Verdict.SIGNED_IN)
            canary.scan_text(await tab.reads(title(Verdict.SIGNED_IN, language)), "the page at the end")
            assert await tab.language() == language
            assert await tab.looks("h1", "fontWeight") == "600", "the page's own policy lets its own style in"
            where = urlsplit(await tab.address())
            assert (where.netloc, where.query) == (urlsplit(attempt.receiver.address).netloc, "")
        user = got.session.user
        assert (user.email, user.facts["user_metadata"]["name"]) == (visitor, NAME)
        assert got.tokens
        canary.scan_text(arguments(), "the arguments of some process")
        assert attempt.chromium.told == [attempt.address]

    run(scenario, deadline=60)


def test_cancel_at_the_provider_is_denied_in_our_words(begin: Begin, run: Run) -> None:
    async def scenario() -> None:
        async with begin() as attempt:
            tab = await attempt.consent()
            await tab.press("Cancel")
            assert await attempt.receiver.wait(soon()) == Denied()
            page = await tab.reads(title(Verdict.DENIED))
            assert "user has denied" not in page
            assert urlsplit(await tab.address()).query == ""
            assert "access_denied" not in "".join((await tab.way_back())[1:])

    run(scenario, deadline=60)


def test_a_provider_in_trouble_is_no_denial(begin: Begin, run: Run, provider: Provider) -> None:
    async def scenario() -> None:
        async with begin() as attempt:
            provider.fall_ill()
            tab = await attempt.consent()
            await tab.press("Allow")
            outcome = await attempt.receiver.wait(soon())
            assert isinstance(outcome, Failed)
            assert outcome.problem.kind is ErrorKind.SERVER
            await tab.reads(title(Verdict.FAILED))
            where = urlsplit(await tab.address())
            assert (where.query, where.fragment) == ("", "done")

    run(scenario, deadline=60)


def test_a_tab_that_was_closed_ends_at_the_deadline(begin: Begin, run: Run) -> None:
    clock = ManualClock()

    async def scenario() -> None:
        async with begin(clock) as attempt:
            tab = await attempt.consent()
            waiting = asyncio.create_task(attempt.receiver.wait(clock.now() + LIFE))
            await tab.close()
            await settled()
            clock.advance(LIFE - 1)
            await settled()
            assert not waiting.done()
            clock.advance(1)
            assert await waiting == TimedOut()
        assert refuses(port_of(attempt.receiver))

    run(scenario, deadline=60)


def test_who_allows_too_late_is_told_so(begin: Begin, run: Run) -> None:
    clock = ManualClock()

    async def scenario() -> None:
        async with begin(clock) as attempt:
            tab = await attempt.consent()
            waiting = asyncio.create_task(attempt.receiver.wait(clock.now() + LIFE))
            await settled()
            clock.advance(LIFE)
            assert await waiting == TimedOut()
            await tab.press("Allow")
            await tab.reads(title(Verdict.TIMED_OUT))

    run(scenario, deadline=60)


def test_reloading_and_coming_back_twice_change_nothing(begin: Begin, run: Run) -> None:
    async def scenario() -> None:
        async with begin() as attempt:
            tab = await attempt.consent()
            await tab.press("Allow")
            first = await attempt.granted()
            attempt.receiver.settle(Verdict.SIGNED_IN)
            await tab.reads(title(Verdict.SIGNED_IN))
            await tab.reload()
            await tab.reads(title(Verdict.SIGNED_IN))
            for query in (f"code={first.code}", "code=another", "error=access_denied"):
                await tab.go(f"{attempt.receiver.address}&{query}")
                await tab.reads(title(Verdict.SIGNED_IN))
            assert await attempt.receiver.wait(soon()) == first

    run(scenario, deadline=60)


def test_the_page_can_be_opened_again_and_the_second_tab_serves_as_well(begin: Begin, run: Run, visitor: str) -> None:
    async def scenario() -> None:
        async with begin() as attempt:
            assert await open_in_browser(attempt.address)
            second = await attempt.chromium.tab(CONSENT, nth=1)
            await second.press("Allow")
            assert (await attempt.exchanged()).session.user.email == visitor
            attempt.receiver.settle(Verdict.SIGNED_IN)
            await second.reads(title(Verdict.SIGNED_IN))
            first = await attempt.consent()
            await first.press("Allow")
        assert attempt.chromium.told == [attempt.address] * 2

    run(scenario, deadline=60)


def test_what_the_browser_keeps_signs_nobody_in(begin: Begin, run: Run, chromium: Chromium) -> None:
    """Chromium's database holds every hop of a redirect for itself. It lists none of them, and the code is used up."""

    async def scenario() -> tuple[str, list[str]]:
        async with begin() as attempt:
            tab = await attempt.consent()
            await tab.press("Allow")
            got = await attempt.exchanged()
            attempt.receiver.settle(Verdict.SIGNED_IN)
            await tab.reads(title(Verdict.SIGNED_IN))
            done = await tab.address()
            assert await tab.way_back() == [attempt.address, done]
            await chromium.end()
            assert chromium.visits() == [attempt.address, done]
            code = (await attempt.granted()).code
            with pytest.raises(AuthError) as again:
                await attempt.gateway.exchange(code, attempt.proof.verifier)
            assert again.value.problem.kind is ErrorKind.BROWSER_STALE
            tokens = got.tokens
            assert tokens
        secret = [attempt.proof.verifier, got.session.access_token, got.session.refresh_token, tokens.access_token]
        return code, secret

    code, secrets = run(scenario, deadline=60)
    assert chromium.files_with(*secrets) == []
    assert set(chromium.files_with(code)) <= {"History", "History-journal", "ukm_db"}
