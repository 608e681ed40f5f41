"""Second factors by authenticator app, and what each step does to sessions and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.contract.target import OTHER_PASSWORD, Person, Target, claims, needs, refused, worked
from tests.double.totp import code_at

OLD = 301.0  # seconds: longer than a challenge, or a factor that nobody has verified, lives


@dataclass
class Factor:
    """An app that shows codes, and who set it up."""

    target: Target
    person: Person
    id: str
    secret: str

    def challenge(self, session: dict[str, Any] | None = None) -> str:
        asked = self.target.post(f"/factors/{self.id}/challenge", by=session or self.person.session)
        return str(worked(asked)["id"])

    def verify(self, challenge: str, code: str = "", session: dict[str, Any] | None = None) -> httpx.Response:
        shown = code or code_at(self.secret, self.target.clock())
        body = {"challenge_id": challenge, "code": shown}
        return self.target.post(f"/factors/{self.id}/verify", body, by=session or self.person.session)

    def wrong(self) -> str:
        return "000000" if code_at(self.secret, self.target.clock()) != "000000" else "111111"


def enrol(target: Target, session: dict[str, Any], name: str = "phone") -> httpx.Response:
    return target.post("/factors", {"factor_type": "totp", "friendly_name": name}, by=session)


def enrolled(target: Target, person: Person) -> Factor:
    answer = worked(enrol(target, person.session))
    return Factor(target, person, answer["id"], answer["totp"]["secret"])


def protected(target: Target) -> tuple[Factor, dict[str, Any]]:
    """Somebody with a verified factor, and their session of two factors."""
    factor = enrolled(target, target.somebody())
    session: dict[str, Any] = worked(factor.verify(factor.challenge()))
    return factor, session


@needs("mfa")
def test_a_new_factor_comes_with_a_picture_a_secret_and_an_address(target: Target) -> None:
    answer = worked(enrol(target, target.somebody().session))
    assert answer["type"] == "totp"
    assert "<svg" in answer["totp"]["qr_code"]
    assert answer["totp"]["uri"].startswith("otpauth://totp/")
    assert answer["totp"]["secret"] in answer["totp"]["uri"]


@needs("mfa")
def test_a_factor_of_no_kind_is_refused(target: Target) -> None:
    refused(target.post("/factors", {"factor_type": "key"}, by=target.somebody().session), 400, "validation_failed")


@needs("mfa")
def test_a_right_code_lifts_the_session_and_rotates_its_token(target: Target) -> None:
    factor = enrolled(target, target.somebody())
    before = factor.person.session
    session = worked(factor.verify(factor.challenge()))
    said = claims(session)
    assert (claims(before)["aal"], said["aal"]) == ("aal1", "aal2")
    assert said["session_id"] == claims(before)["session_id"]
    assert {each["method"] for each in said["amr"]} >= {"totp"}
    assert session["refresh_token"] != before["refresh_token"]
    assert [each["status"] for each in session["user"]["factors"]] == ["verified"]


@needs("mfa")
def test_a_refresh_keeps_the_second_factor(target: Target) -> None:
    _, session = protected(target)
    assert claims(worked(target.refresh(session["refresh_token"])))["aal"] == "aal2"


@needs("mfa")
def test_a_new_sign_in_has_one_factor_and_shows_that_there_is_another(target: Target) -> None:
    factor, _ = protected(target)
    session = worked(target.sign_in(factor.person.email))
    assert claims(session)["aal"] == "aal1"
    assert [each["status"] for each in session["user"]["factors"]] == ["verified"]
    lifted = worked(factor.verify(factor.challenge(session), session=session))
    assert claims(lifted)["aal"] == "aal2"


@needs("mfa", "rotation-1", "ageing")
def test_the_refresh_token_from_before_the_code_gives_the_one_after_it(target: Target) -> None:
    factor, session = protected(target)
    target.age(factor.person, OLD)
    assert worked(target.refresh(factor.person.refresh_token))["refresh_token"] == session["refresh_token"]


@needs("mfa", "rotation-2", "ageing")
def test_a_counted_refresh_token_from_before_the_code_destroys_the_session(target: Target) -> None:
    factor, session = protected(target)
    target.age(factor.person, OLD)
    refused(target.refresh(factor.person.refresh_token), 400, "refresh_token_already_used")
    refused(target.get("/user", by=session), 403, "session_not_found")


@needs("mfa")
def test_a_right_code_ends_every_session_with_one_factor(target: Target) -> None:
    person = target.somebody()
    other = worked(target.sign_in(person.email))
    factor = enrolled(target, person)
    worked(factor.verify(factor.challenge()))
    refused(target.get("/user", by=other), 403, "session_not_found")
    refused(target.refresh(other["refresh_token"]), 400, "refresh_token_not_found")


@needs("mfa")
def test_a_wrong_code_is_refused_and_the_challenge_stays(target: Target) -> None:
    factor = enrolled(target, target.somebody())
    challenge = factor.challenge()
    refused(factor.verify(challenge, factor.wrong()), 422, "mfa_verification_failed")
    worked(target.get("/user", by=factor.person.session))
    worked(factor.verify(challenge))


@needs("mfa")
def test_a_challenge_is_used_once(target: Target) -> None:
    factor = enrolled(target, target.somebody())
    challenge = factor.challenge()
    session = worked(factor.verify(challenge))
    refused(factor.verify(challenge, session=session), 422, "mfa_ip_address_mismatch")


@needs("mfa")
def test_after_a_lost_answer_a_new_challenge_works_by_the_old_access_token(target: Target) -> None:
    factor, _ = protected(target)
    assert claims(worked(factor.verify(factor.challenge())))["aal"] == "aal2"


@needs("mfa")
def test_a_challenge_of_nobody_is_not_found(target: Target) -> None:
    factor = enrolled(target, target.somebody())
    unknown = "00000000-0000-4000-8000-000000000000"
    refused(factor.verify(unknown), 422, "mfa_factor_not_found")


@needs("mfa", "ageing")
def test_a_challenge_that_is_too_old_says_so(target: Target) -> None:
    factor = enrolled(target, target.somebody())
    challenge = factor.challenge()
    target.age(factor.person, OLD)
    refused(factor.verify(challenge), 422, "mfa_challenge_expired")
    worked(factor.verify(factor.challenge()))


@needs("mfa")
def test_two_factors_cannot_have_one_name(target: Target) -> None:
    person = target.somebody()
    for name in ("phone", ""):
        worked(enrol(target, person.session, name))
        refused(enrol(target, person.session, name), 422, "mfa_factor_name_conflict")


@needs("mfa", "ageing")
def test_a_factor_that_was_never_verified_makes_way_for_the_next(target: Target) -> None:
    person = target.somebody()
    worked(enrol(target, person.session))
    target.age(person, OLD)
    worked(enrol(target, person.session))


@needs("mfa")
def test_one_factor_does_not_let_in_another(target: Target) -> None:
    factor, _ = protected(target)
    session = worked(target.sign_in(factor.person.email))
    refused(enrol(target, session, "tablet"), 403, "insufficient_aal")


@needs("mfa")
def test_one_factor_changes_no_password_and_no_address(target: Target) -> None:
    factor, _ = protected(target)
    session = worked(target.sign_in(factor.person.email))
    for update in ({"password": OTHER_PASSWORD}, {"email": target.stranger()}):
        refused(target.put("/user", update, by=session), 401, "insufficient_aal")
    worked(target.put("/user", {"data": {"name": "Ada"}}, by=session))


@needs("mfa")
def test_one_factor_removes_no_other(target: Target) -> None:
    factor, _ = protected(target)
    session = worked(target.sign_in(factor.person.email))
    refused(target.delete(f"/factors/{factor.id}", by=session), 422, "insufficient_aal")


@needs("mfa")
def test_after_removing_a_factor_only_a_refresh_tells(target: Target) -> None:
    factor, session = protected(target)
    assert worked(target.delete(f"/factors/{factor.id}", by=session))["id"] == factor.id
    assert claims(session)["aal"] == "aal2"
    worked(target.get("/user", by=session))
    fresh = worked(target.refresh(session["refresh_token"]))
    assert claims(fresh)["aal"] == "aal1"
    assert not fresh["user"].get("factors")
