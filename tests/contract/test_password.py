"""Signing up and signing in by password."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from tests.contract.target import OTHER_PASSWORD, PASSWORD, Target, claims, needs, refused, worked


@needs("no-autoconfirm")
def test_a_sign_up_that_has_to_be_confirmed_gives_a_user_and_no_session(target: Target) -> None:
    email = target.stranger()
    answer = worked(target.sign_up(email))
    assert answer["email"] == email
    assert [identity["provider"] for identity in answer["identities"]] == ["email"]
    assert not {"access_token", "refresh_token"} & set(answer)
    assert not answer.get("email_confirmed_at")


@needs("autoconfirm")
def test_a_sign_up_that_needs_no_confirmation_gives_a_session(target: Target) -> None:
    email = target.stranger()
    answer = worked(target.sign_up(email))
    assert answer["user"]["email"] == email
    worked(target.get("/user", by=answer))


def test_what_a_person_says_of_themselves_at_sign_up_is_kept(target: Target) -> None:
    answer = worked(target.sign_up(target.stranger(), data={"name": "Ada"}))
    assert answer.get("user", answer)["user_metadata"]["name"] == "Ada"


def test_a_sign_in_answers_with_a_whole_session(target: Target) -> None:
    person = target.somebody()
    session = worked(target.sign_in(person.email))
    assert session["token_type"] == "bearer"
    assert session["user"]["id"] == person.id
    assert abs(session["expires_at"] - session["expires_in"] - target.clock()) < 60
    assert session["refresh_token"] != person.refresh_token


def test_an_access_token_names_its_session_and_person(target: Target) -> None:
    person = target.somebody()
    said, other = claims(person.session), claims(worked(target.sign_in(person.email)))
    assert (said["sub"], said["email"], said["role"]) == (person.id, person.email, "authenticated")
    assert said["exp"] == person.session["expires_at"]
    assert said["session_id"] != other["session_id"]


def test_an_access_token_tells_how_the_person_came_in(target: Target) -> None:
    person = target.somebody()
    said = claims(worked(target.sign_in(person.email)))
    assert (said["aal"], [each["method"] for each in said["amr"]]) == ("aal1", ["password"])
    assert said["is_anonymous"] is False


@needs("no-autoconfirm")
def test_who_has_not_confirmed_is_told_so(target: Target) -> None:
    email = target.stranger()
    worked(target.sign_up(email))
    refused(target.sign_in(email), 400, "email_not_confirmed")


@needs("no-autoconfirm")
def test_a_wrong_password_does_not_tell_whether_the_address_is_confirmed(target: Target) -> None:
    email = target.stranger()
    worked(target.sign_up(email))
    refused(target.sign_in(email, OTHER_PASSWORD), 400, "invalid_credentials")


def test_a_wrong_password_and_an_unknown_address_are_one_answer(target: Target) -> None:
    wrong = refused(target.sign_in(target.somebody().email, OTHER_PASSWORD), 400, "invalid_credentials")
    assert wrong == refused(target.sign_in(target.stranger()), 400, "invalid_credentials")


def test_an_unknown_grant_is_called_bad_credentials(target: Target) -> None:
    refused(target.post("/token", {}, params={"grant_type": "magic"}), 400, "invalid_credentials")


def test_a_short_password_is_refused_with_the_reason(target: Target) -> None:
    answer = refused(target.sign_up(target.stranger(), "a1"), 422, "weak_password")
    assert "length" in answer["weak_password"]["reasons"]
    assert answer["message"]


@needs("characters")
def test_a_password_without_the_characters_asked_for_is_refused_with_the_reason(target: Target) -> None:
    answer = refused(target.sign_up(target.stranger(), "UPPER-CASE-ALONE"), 422, "weak_password")
    assert answer["weak_password"]["reasons"] == ["characters"]


@needs("characters")
def test_all_that_a_password_lacks_is_said_at_once(target: Target) -> None:
    answer = refused(target.sign_up(target.stranger(), "A"), 422, "weak_password")
    assert sorted(answer["weak_password"]["reasons"]) == ["characters", "length"]


def test_a_password_longer_than_the_hash_takes_is_refused(target: Target) -> None:
    refused(target.sign_up(target.stranger(), "long enough 1 " * 6), 400, "validation_failed")


def test_what_is_no_address_is_refused(target: Target) -> None:
    refused(target.sign_up("nobody"), 400, "validation_failed")


def test_a_sign_up_without_a_password_is_refused(target: Target) -> None:
    refused(target.post("/signup", {"email": target.stranger()}), 400, "validation_failed")


@needs("no-autoconfirm", "mail")
def test_signing_up_again_does_not_tell_that_the_account_is_there(target: Target) -> None:
    person = target.somebody()
    mails = len(target.mails(person.email))
    answer = worked(target.sign_up(person.email, OTHER_PASSWORD))
    assert (answer["email"], answer["identities"]) == (person.email, [])
    assert answer["id"] != person.id
    worked(target.sign_in(person.email, PASSWORD))
    assert len(target.mails(person.email)) == mails


@needs("no-autoconfirm")
def test_signing_up_again_before_confirming_is_slowed_down(target: Target) -> None:
    email = target.stranger()
    worked(target.sign_up(email))
    answer = refused(target.sign_up(email), 429, "over_email_send_rate_limit")
    assert re.search(r"after \d+ seconds?", answer["message"])


@needs("autoconfirm")
def test_signing_up_again_where_nothing_is_confirmed_is_refused(target: Target) -> None:
    refused(target.sign_up(target.somebody().email), 422, "user_already_exists")


@needs("closed")
def test_a_server_that_takes_nobody_says_so(target: Target) -> None:
    refused(target.sign_up(target.stranger()), 422, "signup_disabled")


def test_a_sign_in_is_a_session_of_its_own(target: Target) -> None:
    person = target.somebody()
    second = worked(target.sign_in(person.email))
    worked(target.refresh(second["refresh_token"]))
    worked(target.refresh(person.refresh_token))


def test_the_servers_clock_comes_with_every_answer(target: Target) -> None:
    date = parsedate_to_datetime(target.sign_in(target.stranger()).headers["date"])
    assert abs(date.timestamp() - target.clock()) < 60
