"""Codes by text message: signing in with a number, moving to another one, and what a wrong number says."""

from __future__ import annotations

import re

import httpx

from tests.contract.target import Target, claims, needs, refused, worked


def verify(target: Target, phone: str, code: str, kind: str = "sms") -> httpx.Response:
    return target.post("/verify", {"type": kind, "phone": phone, "token": code})


def kept(phone: str) -> str:
    """The number as the server shows it."""
    return phone.removeprefix("+")


def texted(target: Target, phone: str, number: int = 1) -> str:
    return target.code(kept(phone), number)


@needs("phone")
def test_a_number_nobody_has_used_is_an_account_by_its_code(target: Target) -> None:
    phone = target.number()
    worked(target.post("/otp", {"phone": phone}))
    session = worked(verify(target, phone, texted(target, phone)))
    assert (session["user"]["phone"], session["user"]["email"]) == (kept(phone), "")
    assert claims(session)["phone"] == kept(phone)
    assert [each["provider"] for each in session["user"]["identities"]] == ["phone"]


@needs("phone")
def test_no_account_is_made_for_a_number_when_told_so(target: Target) -> None:
    refused(target.post("/otp", {"phone": target.number(), "create_user": False}), 422, "otp_disabled")


@needs("phone")
def test_what_is_no_number_is_refused(target: Target) -> None:
    for wrong in ("+0123", "12 34 56 78 90 12 34 56", "nobody"):
        refused(target.post("/otp", {"phone": wrong}), 400, "validation_failed")


@needs("no-phone")
def test_a_project_without_texts_says_so(target: Target) -> None:
    refused(target.post("/otp", {"phone": target.number()}), 400, "phone_provider_disabled")


@needs("phone")
def test_a_second_text_within_the_minute_is_refused_with_the_seconds(target: Target) -> None:
    phone = target.number()
    worked(target.post("/otp", {"phone": phone}))
    answer = refused(target.post("/otp", {"phone": phone}), 429, "over_sms_send_rate_limit")
    assert re.search(r"after \d+ seconds?", answer["message"])


@needs("phone")
def test_a_wrong_code_of_a_text_is_refused_and_the_right_one_still_works(target: Target) -> None:
    phone = target.number()
    worked(target.post("/otp", {"phone": phone}))
    code = texted(target, phone)
    wrong = ("1" if code[0] == "0" else "0") + code[1:]
    refused(verify(target, phone, wrong), 403, "otp_expired")
    worked(verify(target, phone, code))


@needs("phone")
def test_a_text_is_redeemed_as_what_it_is(target: Target) -> None:
    refused(verify(target, target.number(), "123456", "magiclink"), 400, "validation_failed")


@needs("phone", "mail")
def test_a_new_number_counts_once_its_code_was_typed_in(target: Target) -> None:
    person, phone = target.somebody(), target.number()
    user = worked(target.put("/user", {"phone": phone}, by=person.session))
    assert (user["phone"], user["new_phone"]) == ("", kept(phone))
    code = texted(target, phone)
    session = worked(verify(target, phone, code, "phone_change"))
    assert (session["user"]["id"], session["user"]["phone"]) == (person.id, kept(phone))


@needs("phone", "mail")
def test_a_number_of_somebody_else_is_refused(target: Target) -> None:
    phone = target.number()
    worked(target.post("/otp", {"phone": phone}))
    worked(verify(target, phone, texted(target, phone)))
    refused(target.put("/user", {"phone": phone}, by=target.somebody().session), 422, "phone_exists")
