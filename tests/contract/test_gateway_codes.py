"""The gateway's codes at every target: by mail and by text, to sign in, for a forgotten password, for a new address."""

from __future__ import annotations

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import UserChange
from tests.contract.gate import gate
from tests.contract.target import OTHER_PASSWORD, Target, needs, worked


def wrong(code: str) -> str:
    return ("1" if code[0] == "0" else "0") + code[1:]


@needs("mail")
def test_the_gateway_signs_in_by_a_mailed_code(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    with gate(target) as server:
        server.ask(lambda g: g.send_code(person.email, create=False))
        session = server.verified(person.email, target.code(person.email, before + 1))
    assert session.user.id == person.id


@needs("mail")
def test_the_gateway_makes_an_account_by_a_mailed_code_where_told_so(target: Target) -> None:
    email = target.stranger()
    with gate(target) as server:
        server.ask(lambda g: g.send_code(email, create=True))
        assert server.verified(email, target.code(email)).user.email == email


def test_the_gateway_makes_no_account_by_a_mailed_code_where_not(target: Target) -> None:
    with gate(target) as server:
        found = server.refusal(lambda g: g.send_code(target.stranger(), create=False), ErrorKind.SIGN_UP_CLOSED)
    assert found.code == "otp_disabled"


@needs("mail")
def test_the_gateway_is_told_the_seconds_to_the_next_mail(target: Target) -> None:
    email = target.stranger()
    with gate(target) as server:
        server.ask(lambda g: g.send_code(email, create=True))
        found = server.refusal(lambda g: g.send_code(email, create=True), ErrorKind.RATE_LIMITED)
    assert found.retry_after
    assert 1 <= found.retry_after <= 60


@needs("mail")
def test_the_gateway_refuses_a_wrong_code_and_takes_the_right_one_once(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    with gate(target) as server:
        server.ask(lambda g: g.recover(person.email))
        code = target.code(person.email, before + 1)
        server.refusal(lambda g: g.verify(person.email, wrong(code), "recovery"), ErrorKind.CODE_REFUSED)
        server.verified(person.email, code, "recovery")
        server.refusal(lambda g: g.verify(person.email, code, "recovery"), ErrorKind.CODE_REFUSED)
        server.refusal(lambda g: g.verify(target.stranger(), code, "recovery"), ErrorKind.CODE_REFUSED)


@needs("mail")
def test_the_gateway_lets_in_who_forgot_the_password_to_set_another(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    with gate(target) as server:
        server.ask(lambda g: g.recover(person.email))
        session = server.verified(person.email, target.code(person.email, before + 1), "recovery")
        change = UserChange(password=OTHER_PASSWORD)
        assert server.ask(lambda g: g.update_user(session.access_token, change)).id == person.id
        assert server.ask(lambda g: g.sign_in(person.email, OTHER_PASSWORD)).user.id == person.id


def test_the_gateway_learns_nothing_of_strangers_who_forgot_a_password(target: Target) -> None:
    with gate(target) as server:
        server.ask(lambda g: g.recover(target.stranger()))


def test_the_gateway_tells_what_is_no_address(target: Target) -> None:
    with gate(target) as server:
        server.refusal(lambda g: g.send_code("nobody@", create=True), ErrorKind.INVALID_EMAIL)
        server.refusal(lambda g: g.recover("nobody@"), ErrorKind.INVALID_EMAIL)


@needs("mail", "double_confirm")
def test_the_gateway_moves_an_address_by_two_codes(target: Target) -> None:
    person, email = target.somebody(), target.stranger()
    before = len(target.mails(person.email))
    with gate(target) as server:
        user = server.ask(lambda g: g.update_user(person.session["access_token"], UserChange(email=email)))
        assert (user.email, user.facts["new_email"]) == (person.email, email)
        code = target.code(person.email, before + 1)
        assert server.ask(lambda g: g.verify(person.email, code, "email_change")) is None
        assert server.verified(email, target.code(email), "email_change").user.email == email


@needs("mail", "no-double_confirm")
def test_the_gateway_moves_an_address_by_one_code_where_one_is_enough(target: Target) -> None:
    person, email = target.somebody(), target.stranger()
    with gate(target) as server:
        server.ask(lambda g: g.update_user(person.session["access_token"], UserChange(email=email)))
        code = target.code(email)
        server.refusal(lambda g: g.verify(email, wrong(code), "email_change"), ErrorKind.CODE_REFUSED)
        assert server.verified(email, code, "email_change").user.email == email


@needs("phone")
def test_the_gateway_signs_in_by_a_texted_code(target: Target) -> None:
    phone = target.number()
    with gate(target) as server:
        server.refusal(lambda g: g.send_code(phone, create=False), ErrorKind.SIGN_UP_CLOSED)
        server.ask(lambda g: g.send_code(phone, create=True))
        later = server.refusal(lambda g: g.send_code(phone, create=True), ErrorKind.RATE_LIMITED).retry_after
        code = target.code(phone.removeprefix("+"))
        server.refusal(lambda g: g.verify(phone, wrong(code)), ErrorKind.CODE_REFUSED)
        session = server.verified(phone, code)
    assert later
    assert (session.user.email, session.user.facts["phone"]) == ("", phone.removeprefix("+"))


@needs("phone", "mail")
def test_the_gateway_moves_a_number_by_a_texted_code(target: Target) -> None:
    person, phone = target.somebody(), target.number()
    with gate(target) as server:
        server.ask(lambda g: g.update_user(person.session["access_token"], UserChange(phone=phone)))
        session = server.verified(phone, target.code(phone.removeprefix("+")), "phone_change")
    assert (session.user.id, session.user.facts["phone"]) == (person.id, phone.removeprefix("+"))


@needs("phone")
def test_the_gateway_tells_what_is_no_number(target: Target) -> None:
    with gate(target) as server:
        server.refusal(lambda g: g.send_code("+0123", create=True), ErrorKind.INVALID_PHONE)


@needs("no-phone")
def test_the_gateway_tells_that_a_project_sends_no_texts(target: Target) -> None:
    with gate(target) as server:
        server.refusal(lambda g: g.send_code(target.number(), create=True), ErrorKind.PROVIDER_OFF)
        assert server.ask(lambda g: g.project()).phone is worked(target.get("/settings"))["external"]["phone"]


@needs("captcha")
def test_the_gateway_tells_that_a_captcha_is_wanted(target: Target) -> None:
    email = target.stranger()
    with gate(target) as server:
        server.refusal(lambda g: g.send_code(email, create=True), ErrorKind.CAPTCHA_WANTED)
        server.refusal(lambda g: g.recover(email), ErrorKind.CAPTCHA_WANTED)
        server.refusal(lambda g: g.sign_up(email, OTHER_PASSWORD), ErrorKind.CAPTCHA_WANTED)
        server.refusal(lambda g: g.sign_in(email, OTHER_PASSWORD), ErrorKind.CAPTCHA_WANTED)
