"""Mailed codes and links: asking for them, typing them in, and what a wrong one says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.target import OTHER_PASSWORD, Person, Target, browse, needs, refused, worked

MINUTE = 61.0  # seconds: the pause between two mails, and a little more
MONTH = 30 * 86_400.0  # longer than any code lives


def wrong(code: str) -> str:
    return ("1" if code[0] == "0" else "0") + code[1:]


def unconfirmed(target: Target) -> tuple[Person, str]:
    """Somebody who has the mail of a sign-up, and the code in it."""
    email = target.stranger()
    user = worked(target.sign_up(email))
    return Person(email, {"user": user}), target.code(email)


def recovering(target: Target) -> tuple[Person, str]:
    """Somebody who is signed in and has forgotten the password, and the code that was mailed."""
    person = target.somebody()
    before = len(target.mails(person.email))
    worked(target.post("/recover", {"email": person.email}))
    return person, target.code(person.email, before + 1)


def fragment(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).fragment).items()}


@needs("no-autoconfirm", "mail")
def test_the_code_of_a_sign_up_confirms_and_signs_in(target: Target) -> None:
    person, code = unconfirmed(target)
    session = worked(target.verify(person.email, code, "signup"))
    assert session["user"]["email_confirmed_at"]
    assert worked(target.get("/user", by=session))["id"] == person.id
    worked(target.sign_in(person.email))


@needs("no-autoconfirm", "mail")
def test_the_code_of_a_sign_up_is_an_email_code_too(target: Target) -> None:
    person, code = unconfirmed(target)
    assert worked(target.verify(person.email, code, "email"))["user"]["email_confirmed_at"]


@needs("no-autoconfirm", "mail")
def test_a_wrong_code_is_refused_and_the_right_one_still_works(target: Target) -> None:
    person, code = unconfirmed(target)
    refused(target.verify(person.email, wrong(code), "signup"), 403, "otp_expired")
    worked(target.verify(person.email, code, "signup"))


@needs("no-autoconfirm", "mail")
def test_wrong_used_and_unknown_are_one_answer(target: Target) -> None:
    person, code = unconfirmed(target)
    answers = [target.verify(person.email, wrong(code), "signup")]
    worked(target.verify(person.email, code, "signup"))
    answers += [target.verify(person.email, code, "signup"), target.verify(target.stranger(), code, "signup")]
    first, *others = [refused(answer, 403, "otp_expired") for answer in answers]
    assert others == [first, first]


@needs("no-autoconfirm", "mail", "ageing")
def test_a_code_that_is_too_old_is_refused(target: Target) -> None:
    person, code = unconfirmed(target)
    target.age(person, MONTH)
    refused(target.verify(person.email, code, "signup"), 403, "otp_expired")


@needs("mail")
def test_a_wrong_code_while_signed_in_ends_no_session(target: Target) -> None:
    person, code = recovering(target)
    refused(target.verify(person.email, wrong(code), "recovery"), 403, "otp_expired")
    worked(target.get("/user", by=person.session))
    worked(target.refresh(person.refresh_token))


@needs("mail")
def test_a_sign_in_by_code_needs_no_password(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    assert worked(target.post("/otp", {"email": person.email, "create_user": False})) == {}
    session = worked(target.verify(person.email, target.code(person.email, before + 1), "magiclink"))
    assert session["user"]["id"] == person.id


@needs("mail")
def test_the_code_of_a_sign_in_is_an_email_code_too(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    worked(target.post("/otp", {"email": person.email}))
    worked(target.verify(person.email, target.code(person.email, before + 1), "email"))


@needs("mail", "no-autoconfirm")
def test_a_sign_in_by_code_of_somebody_new_is_a_sign_up(target: Target) -> None:
    email = target.stranger()
    worked(target.post("/otp", {"email": email}))
    assert worked(target.verify(email, target.code(email), "signup"))["user"]["email"] == email


def test_a_sign_in_by_code_makes_nobody_when_told_so(target: Target) -> None:
    refused(target.post("/otp", {"email": target.stranger(), "create_user": False}), 422, "otp_disabled")


@needs("mail")
def test_asking_for_help_does_not_tell_who_has_an_account(target: Target) -> None:
    email = target.stranger()
    assert worked(target.post("/recover", {"email": email})) == {}
    assert worked(target.post("/resend", {"type": "signup", "email": email})) == {}
    assert target.mails(email) == []


def test_what_is_no_address_is_refused_a_code_as_well(target: Target) -> None:
    for path in ("/otp", "/recover"):
        refused(target.post(path, {"email": "nobody"}), 400, "validation_failed")


@needs("mail")
def test_a_confirmed_person_is_sent_no_second_confirmation(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    worked(target.post("/resend", {"type": "signup", "email": person.email}))
    assert len(target.mails(person.email)) == before


@needs("no-autoconfirm", "mail")
def test_a_second_mail_within_the_minute_is_refused_with_the_seconds(target: Target) -> None:
    person, _ = unconfirmed(target)
    answer = target.post("/resend", {"type": "signup", "email": person.email})
    found = re.search(r"after (\d+) seconds?", refused(answer, 429, "over_email_send_rate_limit")["message"])
    assert found
    assert 1 <= int(found.group(1)) <= 60
    assert "retry-after" not in answer.headers


@needs("mail")
def test_a_second_recovery_within_the_minute_is_refused_too(target: Target) -> None:
    person, code = recovering(target)
    refused(target.post("/recover", {"email": person.email}), 429, "over_email_send_rate_limit")
    worked(target.verify(person.email, code, "recovery"))


@needs("mail", "ageing")
def test_only_the_newest_code_is_good(target: Target) -> None:
    person, old = recovering(target)
    target.age(person, MINUTE)
    before = len(target.mails(person.email))
    worked(target.post("/recover", {"email": person.email}))
    new = target.code(person.email, before + 1)
    if new != old:
        refused(target.verify(person.email, old, "recovery"), 403, "otp_expired")
    worked(target.verify(person.email, new, "recovery"))


@needs("no-autoconfirm", "mail", "ageing")
def test_after_a_minute_a_new_code_comes_and_the_old_one_is_dead(target: Target) -> None:
    person, old = unconfirmed(target)
    target.age(person, MINUTE)
    worked(target.post("/resend", {"type": "signup", "email": person.email}))
    new = target.code(person.email, 2)
    if new != old:
        refused(target.verify(person.email, old, "signup"), 403, "otp_expired")
    worked(target.verify(person.email, new, "signup"))


def test_a_resend_of_nothing_known_is_refused(target: Target) -> None:
    refused(target.post("/resend", {"type": "magic", "email": target.stranger()}), 400, "validation_failed")


@needs("mail")
def test_a_forgotten_password_is_replaced_by_a_code(target: Target) -> None:
    person, code = recovering(target)
    session = worked(target.verify(person.email, code, "recovery"))
    worked(target.put("/user", {"password": OTHER_PASSWORD}, by=session))
    worked(target.sign_in(person.email, OTHER_PASSWORD))
    refused(target.sign_in(person.email), 400, "invalid_credentials")


@needs("mail")
def test_the_token_of_a_link_signs_in_without_an_address(target: Target) -> None:
    person, _ = recovering(target)
    body = {"type": "recovery", "token_hash": link_token(person, target)}
    assert worked(target.post("/verify", body))["user"]["id"] == person.id


@needs("mail")
def test_the_token_of_a_link_goes_with_no_address(target: Target) -> None:
    person, _ = recovering(target)
    body = {"type": "recovery", "token_hash": link_token(person, target), "email": person.email}
    refused(target.post("/verify", body), 400, "validation_failed")


@needs("mail")
def test_a_link_carries_the_session_in_the_fragment_and_only_once(target: Target) -> None:
    person, _ = recovering(target)
    link = target.mails(person.email)[-1].link
    session, again = (fragment(browse(link)) for _ in range(2))
    worked(target.get("/user", by=session["access_token"]))
    assert session["refresh_token"]
    assert again["error_code"] == "otp_expired"


def test_a_code_of_no_kind_is_refused(target: Target) -> None:
    refused(target.verify(target.stranger(), "123456", ""), 400, "validation_failed")
    refused(target.post("/verify", {"type": "magic", "token_hash": "0" * 56}), 400, "validation_failed")


def test_a_code_has_one_form(target: Target) -> None:
    body = {"type": "signup", "email": target.stranger(), "token": "123456", "token_hash": "0" * 56}
    refused(target.post("/verify", body), 400, "validation_failed")


def test_a_code_without_an_address_is_refused(target: Target) -> None:
    refused(target.post("/verify", {"type": "signup", "token": "123456"}), 400, "validation_failed")


def link_token(person: Person, target: Target) -> Any:
    """The long form of a code, out of the link in the newest mail."""
    return parse_qs(urlsplit(target.mails(person.email)[-1].link).query)["token"][0]
