"""Ways out of the wait for a mail's link: over, left, superseded; each closes the port, and the code works on."""

from __future__ import annotations

import asyncio

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Problem
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.redirect import Granted
from desktopauth.core.state import AddressForm, CodeWanted, SignedIn
from tests.core.conftest import World
from tests.core.fakes import Gate, offline, quietly
from tests.core.test_mail_links import MAIL, follow, kind, links, ports
from tests.scenario import Run, settled, until

__all__ = ["links"]  # a fixture


def test_after_a_day_no_link_is_waited_for_and_the_code_still_is(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            links.clock.advance(86_399)
            await settled()
            assert ports(links) == (1, 0)
            links.clock.advance(1)
            await until(lambda: ports(links) == (1, 1), what="the port closed")
            assert kind(links) is None
            await auth.verify("123456")
            assert isinstance(links.who(), SignedIn)

    run(scenario)


def test_without_a_port_there_is_the_code(links: World, run: Run) -> None:
    links.browser.no_port = OSError("no loopback address")

    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            assert links.flow() == CodeWanted(MAIL, "sign_in", links.clock.now() + RESEND_PAUSE)
            links.browser.no_port = None
            links.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert links.flow() == CodeWanted(MAIL, "sign_in", links.clock.now() + RESEND_PAUSE, link=True)

    run(scenario)


def test_a_text_message_has_no_link(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code("+821012345678")

    run(scenario)
    assert ports(links) == (0, 0)


def test_who_goes_back_to_the_form_waits_for_no_link(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            auth.cancel()
            assert links.flow() == AddressForm("sign_in", MAIL)
            await settled()
            assert ports(links) == (1, 1)

    run(scenario)


def test_a_mail_that_is_refused_leaves_no_port_open(links: World, run: Run) -> None:
    links.gateway.script.plan("recover", offline("recover"))

    async def scenario() -> None:
        async with links.auth() as auth:
            await quietly(auth.forgot_password(MAIL))
            await settled()
            assert ports(links) == (1, 1)

    run(scenario)


def test_a_cancel_while_the_mail_is_sent_leaves_no_port_open(links: World, run: Run) -> None:
    links.gateway.script.plan("send_code", gate := Gate())

    async def scenario() -> None:
        async with links.auth() as auth:
            asking = asyncio.create_task(auth.sign_in_with_code(MAIL))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await asking
            await settled()
            assert ports(links) == (1, 1)
            assert links.flow() == AddressForm("sign_in", MAIL)

    run(scenario)


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_cancel_at_any_step_before_that_leaves_none_open_either(links: World, run: Run, steps: int) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            asking = asyncio.create_task(auth.sign_in_with_code(MAIL))
            for _ in range(steps):
                await asyncio.sleep(0)
            auth.cancel()
            await asking
            await settled()
            opened, closed = ports(links)
            assert opened == closed or isinstance(links.flow(), CodeWanted)

    run(scenario)
    assert len(set(ports(links))) == 1, "the app is gone"


def test_leaving_the_app_closes_the_port(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)

    run(scenario)
    assert ports(links) == (1, 1)


def test_a_session_redeemed_after_a_cancel_is_revoked(links: World, run: Run) -> None:
    links.gateway.script.plan("exchange", gate := Gate())

    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            links.browser.receiver.come(Granted("code"))
            await gate.reached.wait()
            auth.cancel()
            gate.open()
            await until(lambda: links.gateway.count("sign_out") == 1, what="the revocation")
            assert links.held is None

    run(scenario)


def test_a_link_counts_more_than_a_code_that_is_being_checked(links: World, run: Run) -> None:
    """The server takes one of them alone, and it has taken the link."""
    links.gateway.script.plan("verify", gate := Gate(AuthError(Problem(ErrorKind.CODE_REFUSED, "verify"))))

    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            checking = asyncio.create_task(quietly(auth.verify("123456")))
            await gate.reached.wait()
            await follow(links)
            assert isinstance(links.who(), SignedIn)
            gate.open()
            await checking
            assert links.flow() is None

    run(scenario)
