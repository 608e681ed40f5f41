"""The link in a mail, where it leads back here: it counts as its code would, and its port is open no longer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from desktopauth.core.auth import Auth
from desktopauth.core.errors import ErrorKind, Problem
from desktopauth.core.events import AuthEvent
from desktopauth.core.flows import RESEND_PAUSE
from desktopauth.core.pkce import Proof
from desktopauth.core.ports import WayBack
from desktopauth.core.redirect import Denied, Failed, Granted, Redirected, Verdict
from desktopauth.core.state import CodeWanted, NewPassword, PasswordForm, SignedIn, typed_email
from tests.core.browser import ADDRESS
from tests.core.conftest import ADA, World
from tests.core.fakes import offline, quietly, refused
from tests.scenario import Run, settled

MAIL = ADA.email
UNCONFIRMED = refused("sign_in", "email_not_confirmed", ErrorKind.EMAIL_NOT_CONFIRMED)
Way = Callable[[Auth, str], Awaitable[None]]
STALE = refused("exchange", "flow_state_expired", ErrorKind.BROWSER_STALE, status=422)


@pytest.fixture
def links(world: World) -> World:
    """The embedder has turned them on."""
    world.parts = replace(world.parts, mail_links=True)
    return world


async def follow(world: World, what: Redirected | None = None) -> None:
    """The person opens the link, and what comes of it has happened."""
    world.browser.receiver.come(what or Granted("code"))
    await settled()


def kind(world: World) -> ErrorKind | None:
    flow = world.flow()
    assert isinstance(flow, CodeWanted | PasswordForm)
    assert not flow.busy
    return flow.problem.kind if flow.problem else None


def ports(world: World) -> tuple[int, int]:
    return world.journal.count("port open"), world.journal.count("port closed")


def test_a_mail_leads_to_the_projects_own_site_unless_told_otherwise(world: World, run: Run) -> None:
    async def scenario() -> None:
        async with world.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            assert world.flow() == CodeWanted(MAIL, "sign_in", world.clock.now() + RESEND_PAUSE)

    run(scenario)
    assert world.gateway.named("send_code")[0].arguments == (MAIL, True)
    assert ports(world) == (0, 0)


def test_the_link_signs_in_as_the_code_does(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            assert links.flow() == CodeWanted(MAIL, "sign_in", links.clock.now() + RESEND_PAUSE, link=True)
            await follow(links)
            assert isinstance(links.who(), SignedIn)
            assert links.flow() is None
            assert links.vault.session == links.held
            assert auth.door == "code"
            assert links.browser.receiver.verdict is Verdict.SIGNED_IN
            assert ports(links) == (1, 1)

    run(scenario)
    assert links.names == [AuthEvent.INITIAL_SESSION, AuthEvent.SIGNED_IN]
    [asked], [redeemed] = links.gateway.named("send_code"), links.gateway.named("exchange")
    assert asked.arguments[2] == WayBack(ADDRESS, Proof(redeemed.arguments[1]).challenge)
    assert redeemed.arguments[0] == "code"


def test_the_code_works_all_the_same_and_closes_the_port(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            links.gateway.script.plan("verify", refused("verify", "otp_expired", ErrorKind.CODE_REFUSED, status=403))
            await quietly(auth.verify("000000"))
            assert ports(links) == (1, 0)
            await auth.verify("123456")
            assert isinstance(links.who(), SignedIn)
            await settled()
            assert ports(links) == (1, 1)

    run(scenario)
    assert links.gateway.count("exchange") == 0


async def _sign_up(auth: Auth, password: str) -> None:
    await auth.sign_up(MAIL, password)


async def _sign_in(auth: Auth, password: str) -> None:
    await auth.sign_in(MAIL, password)


@pytest.mark.parametrize("way", [_sign_up, _sign_in])
def test_the_link_confirms_and_signs_in_who_came_by_password(links: World, run: Run, way: Way) -> None:
    links.gateway.script.plan("sign_in", UNCONFIRMED)

    async def scenario() -> None:
        async with links.auth() as auth:
            await way(auth, links.password)
            assert kind(links) is None
            await follow(links)
            assert isinstance(links.who(), SignedIn)
            assert auth.door == "password"

    run(scenario)


def test_who_signs_in_by_password_needs_no_port(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in(MAIL, links.password)

    run(scenario)
    assert ports(links) == (0, 0)


def test_the_link_of_a_forgotten_password_leads_to_a_new_one(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.forgot_password(MAIL)
            await follow(links)
            assert links.flow() == NewPassword(MAIL, forgotten=True)
            assert links.vault.session is None, "nobody is in before the password is chosen"
            await auth.set_password(links.password)
            assert isinstance(links.who(), SignedIn)

    run(scenario)
    assert links.names[1:] == [AuthEvent.PASSWORD_RECOVERY, AuthEvent.SIGNED_IN]


@pytest.mark.parametrize("came", [Failed(Problem(ErrorKind.CODE_REFUSED, "redirect")), Denied()])
def test_a_link_that_is_over_is_told_and_the_next_mail_has_another(links: World, run: Run, came: Redirected) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.forgot_password(MAIL)
            await follow(links, came)
            assert kind(links) is ErrorKind.LINK_REFUSED
            assert links.browser.receiver.verdict is Verdict.FAILED
            assert ports(links) == (1, 1)
            links.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert kind(links) is None
            await follow(links)
            assert isinstance(links.flow(), NewPassword)

    run(scenario)
    first, second = (call.arguments[1].challenge for call in links.gateway.named("recover"))
    assert first != second


def test_another_mail_has_the_same_way_back(links: World, run: Run) -> None:
    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            links.clock.advance(RESEND_PAUSE)
            await auth.resend()
            assert ports(links) == (1, 0)
            await follow(links)
            assert isinstance(links.who(), SignedIn)

    run(scenario)
    first, second = links.gateway.named("send_code")
    assert first == second


@pytest.mark.parametrize(
    ("new", "expected"), [(True, ErrorKind.LINK_LATE), (False, ErrorKind.LINK_REFUSED)], ids=["a sign-up", "a sign-in"]
)
def test_a_link_that_was_followed_too_late(links: World, run: Run, new: bool, expected: ErrorKind) -> None:
    """By then it has confirmed who is new: they have a password to sign in by."""
    links.gateway.script.plan("exchange", STALE)

    async def scenario() -> None:
        async with links.auth() as auth:
            await (auth.sign_up(MAIL, links.password) if new else auth.sign_in_with_code(MAIL))
            await follow(links)
            assert kind(links) is expected
            flow = links.flow()
            assert isinstance(flow, PasswordForm if new else CodeWanted)
            assert typed_email(flow) == MAIL
            assert links.browser.receiver.verdict is Verdict.FAILED

    run(scenario)


def test_who_is_offline_in_that_moment_is_told_so(links: World, run: Run) -> None:
    links.gateway.script.plan("exchange", offline("exchange"))

    async def scenario() -> None:
        async with links.auth() as auth:
            await auth.sign_in_with_code(MAIL)
            await follow(links)
            assert kind(links) is ErrorKind.OFFLINE

    run(scenario)
