"""People without an address: signing in as nobody, and becoming somebody."""

from __future__ import annotations

from tests.contract.target import PASSWORD, Person, Target, claims, needs, refused, worked


def nobody(target: Target) -> Person:
    return Person("", worked(target.post("/signup", {"data": {"theme": "dark"}})))


@needs("anonymous")
def test_nobody_gets_a_session_like_anybody_else(target: Target) -> None:
    person = nobody(target)
    said = claims(person.session)
    assert (said["is_anonymous"], said["role"]) == (True, "authenticated")
    user = worked(target.get("/user", by=person.session))
    assert (user["is_anonymous"], user["email"], user["identities"]) == (True, "", [])
    assert user["user_metadata"] == {"theme": "dark"}
    worked(target.refresh(person.refresh_token))


@needs("no-anonymous")
def test_nobody_is_refused_where_that_is_switched_off(target: Target) -> None:
    refused(target.post("/signup", {}), 422, "anonymous_provider_disabled")


@needs("anonymous", "mail", "no-autoconfirm")
def test_nobody_becomes_somebody_by_an_address_and_its_code(target: Target) -> None:
    person, email = nobody(target), target.stranger()
    worked(target.put("/user", {"email": email}, by=person.session))
    session = worked(target.verify(email, target.code(email), "email_change"))
    assert (session["user"]["id"], session["user"]["email"]) == (person.id, email)
    assert session["user"]["is_anonymous"] is False
    worked(target.put("/user", {"password": PASSWORD}, by=session))
    assert worked(target.sign_in(email))["user"]["id"] == person.id


@needs("anonymous", "mail", "no-autoconfirm")
def test_only_a_new_token_says_that_nobody_has_become_somebody(target: Target) -> None:
    person, email = nobody(target), target.stranger()
    worked(target.put("/user", {"email": email}, by=person.session))
    worked(target.verify(email, target.code(email), "email_change"))
    assert claims(person.session)["is_anonymous"] is True
    assert claims(worked(target.refresh(person.refresh_token)))["is_anonymous"] is False


@needs("anonymous")
def test_nobody_has_no_use_for_a_password_alone(target: Target) -> None:
    refused(target.put("/user", {"password": PASSWORD}, by=nobody(target).session), 422, "validation_failed")


@needs("anonymous", "mfa")
def test_nobody_cannot_have_a_second_factor_and_stays_signed_in(target: Target) -> None:
    person = nobody(target)
    answer = target.post("/factors", {"factor_type": "totp"}, by=person.session)
    refused(answer, 403, "no_authorization")
    worked(target.get("/user", by=person.session))


@needs("anonymous")
def test_nobody_cannot_come_back_after_signing_out(target: Target) -> None:
    person = nobody(target)
    assert target.post("/logout", by=person.session).status_code == 204
    refused(target.refresh(person.refresh_token), 400, "refresh_token_not_found")
