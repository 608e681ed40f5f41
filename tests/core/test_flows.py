"""The ways in: slips are caught here, the unconfirmed are led to the code, and codes are taken as people paste them."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.flows import RESEND_PAUSE, Flows, later
from desktopauth.core.reduce import CodeMailed
from tests.core.conftest import World
from tests.core.fakes import offline, refused
from tests.scenario import Run

MAIL = "ada@example.com"


@pytest.fixture
def flows(world: World) -> Flows:
    return Flows(world.gateway, world.clock.now, world.clock.now)


def kind_raised(run: Run, work: object) -> Problem:
    async def scenario() -> Problem:
        with pytest.raises(AuthError) as raised:
            await work  # type: ignore[misc]
        return raised.value.problem

    return run(scenario)


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.com", "a da@example.com", "ada@example.com\n", "a@b@c"])
@pytest.mark.parametrize("way", ["sign_in", "sign_up"])
def test_what_is_no_address_is_not_sent(email: str, way: str, flows: Flows, world: World, run: Run) -> None:
    problem = kind_raised(run, getattr(flows, way)(email, "x"))
    assert (problem.kind, problem.call, problem.outcome) == (ErrorKind.INVALID_EMAIL, way, Outcome.MISUSE)
    assert world.gateway.calls == []


@pytest.mark.parametrize("way", ["sign_in", "sign_up"])
def test_an_empty_password_is_not_sent(way: str, flows: Flows, world: World, run: Run) -> None:
    assert kind_raised(run, getattr(flows, way)(MAIL, "")).kind is ErrorKind.PASSWORD_MISSING
    assert world.gateway.calls == []


@pytest.mark.parametrize("password", ["x" * 73, "가" * 25, "\ud800" * 25])
def test_a_new_password_that_the_server_would_cut_is_not_sent(
    password: str, flows: Flows, world: World, run: Run
) -> None:
    assert kind_raised(run, flows.sign_up(MAIL, password)).kind is ErrorKind.PASSWORD_TOO_LONG
    assert world.gateway.calls == []
    run(lambda: flows.sign_up(MAIL, "가" * 24))
    run(lambda: flows.sign_in(MAIL, password))
    assert [call.name for call in world.gateway.calls] == ["sign_up", "sign_in"]


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456", "12-34 56\n", "1 2 3 4 5 6"])
def test_a_code_is_taken_as_it_was_pasted(typed: str, flows: Flows, world: World, run: Run) -> None:
    run(lambda: flows.verify(MAIL, typed))
    assert world.gateway.calls[0].arguments == (MAIL, "123456")


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "your code is 123456"])
def test_what_is_no_code_is_not_sent(typed: str, flows: Flows, world: World, run: Run) -> None:
    assert kind_raised(run, flows.verify(MAIL, typed)).kind is ErrorKind.CODE_REFUSED
    assert world.gateway.calls == []


def test_a_password_is_sent_as_it_was_typed(flows: Flows, world: World, run: Run) -> None:
    run(lambda: flows.sign_in(MAIL, "  spaces count  "))
    assert world.gateway.calls[0].arguments == (MAIL, "  spaces count  ")


def test_a_sign_up_leads_to_the_code_where_addresses_are_confirmed(flows: Flows, world: World, run: Run) -> None:
    came = run(lambda: flows.sign_up(MAIL, world.password))
    assert came == CodeMailed(MAIL, "confirm", world.clock.now() + RESEND_PAUSE)


def test_a_sign_up_leads_in_where_they_are_not(flows: Flows, world: World, run: Run) -> None:
    world.gateway.script.plan("sign_up", session := world.session())
    assert run(lambda: flows.sign_up(MAIL, world.password)) is session


UNCONFIRMED = refused("sign_in", "email_not_confirmed", ErrorKind.EMAIL_NOT_CONFIRMED)


def test_who_never_confirmed_is_sent_a_code_and_asked_for_it(flows: Flows, world: World, run: Run) -> None:
    world.gateway.script.plan("sign_in", UNCONFIRMED)
    came = run(lambda: flows.sign_in(MAIL, world.password))
    assert came == CodeMailed(MAIL, "confirm", world.clock.now() + RESEND_PAUSE)
    assert [call.name for call in world.gateway.calls] == ["sign_in", "resend"]


@pytest.mark.parametrize(("seconds", "wait"), [(42.0, 42.0), (None, 0.0)])
def test_a_code_that_was_mailed_just_now_is_still_good(
    seconds: float | None, wait: float, flows: Flows, world: World, run: Run
) -> None:
    world.gateway.script.plan("sign_in", UNCONFIRMED)
    too_soon = refused("resend", "over_email_send_rate_limit", ErrorKind.RATE_LIMITED, retry_after=seconds)
    world.gateway.script.plan("resend", too_soon)
    came = run(lambda: flows.sign_in(MAIL, world.password))
    assert came == CodeMailed(MAIL, "confirm", world.clock.now() + wait)


def test_a_mail_that_fails_is_told_in_the_code_view(flows: Flows, world: World, run: Run) -> None:
    world.gateway.script.plan("sign_in", UNCONFIRMED)
    world.gateway.script.plan("resend", lost := offline("resend"))
    came = run(lambda: flows.sign_in(MAIL, world.password))
    assert came == CodeMailed(MAIL, "confirm", world.clock.now(), lost.problem)


def test_any_other_refusal_is_told_where_it_was_asked(flows: Flows, world: World, run: Run) -> None:
    wrong = refused("sign_in", "invalid_credentials", ErrorKind.BAD_CREDENTIALS)
    world.gateway.script.plan("sign_in", wrong)
    assert kind_raised(run, flows.sign_in(MAIL, world.password)) == wrong.problem
    assert world.gateway.count("resend") == 0


def test_later_is_when_the_server_says_so() -> None:
    assert later(Problem(ErrorKind.RATE_LIMITED, retry_after=5.0), 100.0) == 105.0
    assert later(Problem(ErrorKind.RATE_LIMITED), 100.0) is None


def test_a_changed_address_is_no_mail_of_these_ways(flows: Flows, world: World, run: Run) -> None:
    assert kind_raised(run, flows.resend(MAIL, "email_change")).kind is ErrorKind.MISUSE
    assert world.gateway.calls == []
