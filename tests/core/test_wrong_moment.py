"""What comes at the wrong moment: a late answer, a second wish, an end in between. It changes nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from desktopauth.core.events import AuthEvent
from desktopauth.core.models import Exchanged, User, UserChange
from desktopauth.core.redirect import Denied, Granted, Verdict
from desktopauth.core.state import BrowserWait, PasswordForm, SignedIn
from tests.core.conftest import ADA, World
from tests.core.fakes import Gate, ending, quietly
from tests.core.test_browsing import away
from tests.scenario import Run, settled, until

EVE = User("eve", "eve@example.com")
NEW = "new@example.com"


@pytest.mark.parametrize("way", ["browser", "code"])
def test_who_is_in_and_comes_in_again_is_asked_nothing_more(world: World, run: Run, way: str) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth:
            if way == "browser":
                async with away(world, auth) as going:
                    world.browser.receiver.come(Granted("code"))
                    await going
            else:
                await auth.sign_in_with_code(ADA.email)
                await auth.verify("123456")
            assert isinstance(world.who(), SignedIn)
            assert world.flow() is None

    run(scenario)
    assert world.names == [AuthEvent.TOKEN_REFRESHED]


def test_signing_out_the_others_leaves_what_is_asked_here(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.signed_in() as auth, away(world, auth) as going:
            assert await auth.sign_out("others").settled() == "revoked"
            assert isinstance(world.flow(), BrowserWait)
            world.browser.receiver.come(Granted("code"))
            await going

    run(scenario)


def test_a_browser_that_opens_late_says_nothing_of_the_next_attempt(world: World, run: Run) -> None:
    slow = Gate(True)
    answers = [None, slow, None]

    async def slowly(_url: str) -> bool:
        gate = answers.pop(0)
        return gate is None or bool(await gate.passed())

    def shown() -> bool:
        flow = world.flow()
        return isinstance(flow, BrowserWait) and not flow.busy

    async def scenario() -> None:
        world.parts = replace(world.parts, open_browser=slowly)
        async with world.auth() as auth:
            first = asyncio.create_task(quietly(auth.sign_in_with("github")))
            await until(shown)
            again = asyncio.create_task(auth.open_again())
            await slow.reached.wait()
            world.browser.receiver.come(Denied())
            await first
            await auth.open_again()
            second = asyncio.create_task(quietly(auth.sign_in_with("google")))
            await until(shown)
            expected = world.flow()
            slow.open()
            await again
            assert world.flow() == expected
            auth.cancel()
            await second

    run(scenario)
    assert answers == [], "nothing is opened again once an attempt is over"


def test_the_page_in_the_browser_does_not_speak_of_a_sign_in_that_was_cancelled(world: World, run: Run) -> None:
    world.gateway.script.plan("exchange", gate := Gate())

    async def scenario() -> None:
        async with world.auth() as auth, away(world, auth) as going:
            world.browser.receiver.come(Granted("code"))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await going

    run(scenario)
    assert world.browser.receiver.verdict is Verdict.ABANDONED


@pytest.mark.parametrize("works", [True, False], ids=["at work", "at rest"])
def test_what_was_asked_before_an_end_asks_for_no_code_after_it(world: World, run: Run, works: bool) -> None:
    world.gateway.script.plan("update_user", gate := Gate(ADA))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            auth.guard_work(lambda: works)
            auth.open_new_email()
            going = asyncio.create_task(quietly(auth.change_email(NEW)))
            await gate.reached.wait()
            world.tombstones.lay("s1")
            world.keeper.follow_sign_out()
            gate.open()
            await going
            assert world.flow() == PasswordForm(email=ADA.email)

    run(scenario)


def test_who_is_back_by_another_copy_is_not_swept_away_by_who_was_on_the_way(world: World, run: Run) -> None:
    world.gateway.script.plan("exchange", lambda: Exchanged(world.session("s2", EVE)))
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await quietly(auth.refresh())
            await settled()
            async with away(world, auth) as going:
                world.vault.put(world.session("s3"))
                await world.keeper.look()
                world.browser.receiver.come(Granted("code"))
                await quietly(going)
                assert auth.user == ADA

    run(scenario)
    assert world.gateway.count("exchange") == 0


def test_a_refreshed_session_is_not_taken_for_the_next_persons(world: World, run: Run) -> None:
    world.gateway.script.plan("verify", lambda: world.session(left=10), lambda: world.session("s2", EVE))
    world.gateway.script.plan("refresh", gate := Gate())

    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.forgot_password(ADA.email)
            await auth.verify("111111")
            world.clock.advance(20)
            going = asyncio.create_task(quietly(auth.set_password(world.password)))
            await gate.reached.wait()
            auth.cancel()
            await auth.forgot_password(EVE.email)
            await auth.verify("222222")
            gate.open()
            await going
            await auth.set_password(world.password)
            assert auth.user == EVE

    world.gateway.script.plan("update_user", ADA, EVE)
    run(scenario)
    first, second = (call.arguments[0] for call in world.gateway.named("update_user"))
    assert first != second


def test_a_change_that_was_asked_for_is_told_although_nobody_waits_for_it(world: World, run: Run) -> None:
    world.gateway.script.plan("update_user", gate := Gate(replace(ADA, email=NEW)))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            going = asyncio.create_task(auth.update_user(UserChange(facts={"name": "Ada"})))
            await gate.reached.wait()
            going.cancel()
            gate.open()
            await asyncio.wait({going})
            await settled()
            assert auth.user == replace(ADA, email=NEW)

    run(scenario)
    assert world.names == [AuthEvent.USER_UPDATED]


def test_who_is_let_in_comes_in_although_nobody_waits_for_it(world: World, run: Run) -> None:
    world.gateway.script.plan("refresh", ending("refresh_token_not_found"))
    world.gateway.script.plan("sign_in", lambda: world.session("s2", EVE))

    async def scenario() -> None:
        async with world.signed_in() as auth:
            await quietly(auth.refresh())
            await auth.sign_in(EVE.email, world.password)
            world.vault.script.plan("save", gate := Gate())
            entering = asyncio.create_task(auth.let_in())
            await gate.reached.wait()
            entering.cancel()
            gate.open()
            await until(lambda: isinstance(world.who(), SignedIn))
            assert auth.user == EVE

    run(scenario)
    assert world.names.count(AuthEvent.SIGNED_IN) == 1


def test_who_confirmed_the_address_after_a_sign_up_came_by_password(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_up(ADA.email, world.password)
            await auth.verify("123456")
            assert auth.door == "password"

    run(scenario)


def test_a_session_that_comes_while_the_app_is_left_is_revoked(world: World, run: Run) -> None:
    world.gateway.script.plan("sign_in", signing_in := Gate())
    world.gateway.script.plan("sign_out", revoking := Gate(True))

    async def scenario() -> None:
        async def late() -> None:
            signing_in.open()
            await revoking.reached.wait()
            for _ in range(5):
                await settled()
            revoking.open()

        async with world.auth() as auth:
            going = asyncio.create_task(quietly(auth.sign_in(ADA.email, world.password)))
            await signing_in.reached.wait()
            answers = asyncio.create_task(late())
        await asyncio.gather(going, answers)

    run(scenario)
    assert world.journal[-1] == "sign_out"
