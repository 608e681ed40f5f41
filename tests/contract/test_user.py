"""What a person sees and changes of themselves, and what a new password does to everything else."""

from __future__ import annotations

from typing import Any

from tests.contract.target import OTHER_PASSWORD, PASSWORD, Person, Target, needs, refused, worked

DAY = 86_400.0  # seconds


def change(target: Target, person: Person, email: str) -> None:
    worked(target.put("/user", {"email": email}, by=person.session))


def rejoined(target: Target, person: Person) -> dict[str, Any]:
    """The session with a fresh access token, after it was made older."""
    session: dict[str, Any] = worked(target.refresh(person.refresh_token))
    return session


def test_a_user_is_shown_with_both_ids_of_each_identity(target: Target) -> None:
    person = target.somebody()
    user = worked(target.get("/user", by=person.session))
    assert (user["id"], user["email"], user["aud"]) == (person.id, person.email, "authenticated")
    [identity] = user["identities"]
    assert identity["provider"] == "email"
    assert identity["identity_id"] != identity["id"]
    assert user["app_metadata"]["providers"] == ["email"]


def test_what_a_person_says_of_themselves_is_merged(target: Target) -> None:
    person = target.somebody()
    worked(target.put("/user", {"data": {"name": "Ada", "city": "London"}}, by=person.session))
    user = worked(target.put("/user", {"data": {"city": "Turin"}}, by=person.session))
    told = {name: user["user_metadata"][name] for name in ("name", "city")}
    assert told == {"name": "Ada", "city": "Turin"}
    assert worked(target.refresh(person.refresh_token))["user"]["user_metadata"]["city"] == "Turin"


def test_what_the_app_says_of_a_person_is_not_theirs_to_change(target: Target) -> None:
    person = target.somebody()
    refused(target.put("/user", {"app_metadata": {"admin": True}}, by=person.session), 403, "not_admin")


def test_the_same_password_is_refused(target: Target) -> None:
    person = target.somebody()
    refused(target.put("/user", {"password": PASSWORD}, by=person.session), 422, "same_password")


def test_a_weak_new_password_is_refused_with_the_reason(target: Target) -> None:
    person = target.somebody()
    answer = refused(target.put("/user", {"password": "a1"}, by=person.session), 422, "weak_password")
    assert "length" in answer["weak_password"]["reasons"]


def test_a_new_password_ends_every_other_session(target: Target) -> None:
    person = target.somebody()
    other = worked(target.sign_in(person.email))
    worked(target.put("/user", {"password": OTHER_PASSWORD}, by=person.session))
    refused(target.get("/user", by=other), 403, "session_not_found")
    refused(target.refresh(other["refresh_token"]), 400, "refresh_token_not_found")
    worked(target.get("/user", by=person.session))
    worked(target.refresh(person.refresh_token))


def test_only_the_new_password_works(target: Target) -> None:
    person = target.somebody()
    worked(target.put("/user", {"password": OTHER_PASSWORD}, by=person.session))
    refused(target.sign_in(person.email), 400, "invalid_credentials")
    worked(target.sign_in(person.email, OTHER_PASSWORD))


@needs("mail")
def test_a_new_password_voids_the_codes_that_are_under_way(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    worked(target.post("/recover", {"email": person.email}))
    code = target.code(person.email, before + 1)
    worked(target.put("/user", {"password": OTHER_PASSWORD}, by=person.session))
    refused(target.verify(person.email, code, "recovery"), 403, "otp_expired")


@needs("mail")
def test_a_new_address_counts_once_every_code_was_typed_in(target: Target) -> None:
    person, email = target.somebody(), target.stranger()
    before = len(target.mails(person.email))
    change(target, person, email)
    assert worked(target.get("/user", by=person.session))["email"] == person.email
    answer = worked(target.verify(email, target.code(email), "email_change"))
    if "access_token" not in answer:
        answer = worked(target.verify(person.email, target.code(person.email, before + 1), "email_change"))
    assert answer["user"]["email"] == email
    worked(target.sign_in(email))
    refused(target.sign_in(person.email), 400, "invalid_credentials")


@needs("mail")
def test_until_then_the_new_address_is_shown_apart(target: Target) -> None:
    person, email = target.somebody(), target.stranger()
    change(target, person, email)
    user = worked(target.get("/user", by=person.session))
    assert (user["email"], user["new_email"]) == (person.email, email)
    refused(target.sign_in(email), 400, "invalid_credentials")


@needs("mail")
def test_a_second_new_address_within_the_minute_is_refused(target: Target) -> None:
    person = target.somebody()
    change(target, person, target.stranger())
    answer = target.put("/user", {"email": target.stranger()}, by=person.session)
    refused(answer, 429, "over_email_send_rate_limit")


@needs("mail", "double_confirm")
def test_the_first_of_two_confirmations_gives_no_session(target: Target) -> None:
    person, email = target.somebody(), target.stranger()
    before = len(target.mails(person.email))
    change(target, person, email)
    answer = worked(target.verify(person.email, target.code(person.email, before + 1), "email_change"))
    assert answer["code"] == "200"
    assert "access_token" not in answer
    worked(target.get("/user", by=person.session))
    assert worked(target.verify(email, target.code(email), "email_change"))["user"]["email"] == email


@needs("mail")
def test_a_wrong_code_moves_nobody(target: Target) -> None:
    person, email = target.somebody(), target.stranger()
    change(target, person, email)
    code = target.code(email)
    refused(target.verify(email, "111111" if code == "000000" else "000000", "email_change"), 403, "otp_expired")
    assert worked(target.get("/user", by=person.session))["email"] == person.email


def test_an_address_of_somebody_else_is_refused(target: Target) -> None:
    person, other = target.somebody(), target.somebody()
    refused(target.put("/user", {"email": other.email}, by=person.session), 422, "email_exists")


@needs("reauthentication", "ageing")
def test_a_session_older_than_a_day_has_to_prove_itself_for_a_new_password(target: Target) -> None:
    person = target.somebody()
    target.age(person, 2 * DAY)
    answer = target.put("/user", {"password": OTHER_PASSWORD}, by=rejoined(target, person))
    refused(answer, 400, "reauthentication_needed")
    worked(target.sign_in(person.email))


@needs("reauthentication", "ageing", "mail")
def test_a_mailed_nonce_lets_an_old_session_set_a_password_and_a_wrong_one_does_not(target: Target) -> None:
    person = target.somebody()
    target.age(person, 2 * DAY)
    session, before = rejoined(target, person), len(target.mails(person.email))
    worked(target.get("/reauthenticate", by=session))
    nonce = target.code(person.email, before + 1)
    wrong = "111111" if nonce == "000000" else "000000"
    answer = target.put("/user", {"password": OTHER_PASSWORD, "nonce": wrong}, by=session)
    refused(answer, 422, "reauthentication_not_valid")
    worked(target.put("/user", {"password": OTHER_PASSWORD, "nonce": nonce}, by=session))
    worked(target.sign_in(person.email, OTHER_PASSWORD))


@needs("current-password")
def test_a_new_password_goes_with_the_one_so_far(target: Target) -> None:
    person = target.somebody()
    session = worked(target.sign_in(person.email))
    refused(target.put("/user", {"password": OTHER_PASSWORD}, by=session), 400, "current_password_required")
    wrong = {"password": OTHER_PASSWORD, "current_password": OTHER_PASSWORD}
    refused(target.put("/user", wrong, by=session), 400, "current_password_invalid")
    worked(target.put("/user", {"password": OTHER_PASSWORD, "current_password": PASSWORD}, by=session))
    worked(target.sign_in(person.email, OTHER_PASSWORD))


@needs("current-password", "mail")
def test_who_came_by_a_code_need_not_know_the_password_so_far(target: Target) -> None:
    person = target.somebody()
    before = len(target.mails(person.email))
    worked(target.post("/recover", {"email": person.email}))
    session = worked(target.verify(person.email, target.code(person.email, before + 1), "recovery"))
    worked(target.put("/user", {"password": OTHER_PASSWORD}, by=session))


@needs("reauthentication")
def test_a_young_session_sets_a_password_without_more_ado(target: Target) -> None:
    person = target.somebody()
    worked(target.put("/user", {"password": OTHER_PASSWORD}, by=person.session))
