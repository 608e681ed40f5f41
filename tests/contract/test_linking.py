"""Signing in by a provider with PKCE, linking one to an account, and unlinking it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.contract.target import Person, Target, browse, claims, needs, refused, worked

BACK = "http://127.0.0.1:1/callback?own=yes"  # nobody listens there, and nobody goes there
OLD = 301.0  # seconds: longer than a sign-in may take
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass
class Walk:
    """One trip of the browser: to the provider, which agrees at once, and back to the app."""

    target: Target
    hint: str  # who the provider is to say it is
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def asked(self, **more: str) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        proof = {"code_challenge": challenge, "code_challenge_method": "s256"}
        return {"provider": "github", "redirect_to": BACK, "login_hint": self.hint, **proof, **more}

    def sign_in(self) -> dict[str, str]:
        """What the app is told at the end."""
        return self.follow(f"{self.target.url}/authorize?{urlencode(self.asked())}")

    def link(self, session: dict[str, Any]) -> dict[str, str]:
        asked = self.asked(skip_http_redirect="true")
        return self.follow(worked(self.target.get("/user/identities/authorize", by=session, params=asked))["url"])

    def follow(self, url: str) -> dict[str, str]:
        while not url.startswith(BACK):
            url = browse(url)
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    def exchange(self, code: str, verifier: str = "") -> httpx.Response:
        body = {"auth_code": code, "code_verifier": verifier or self.verifier}
        return self.target.post("/token", body, params={"grant_type": "pkce"})


def walk(target: Target) -> Walk:
    return Walk(target, target.stranger())


@needs("oauth")
def test_a_provider_brings_a_code_and_the_code_a_session(target: Target) -> None:
    trip = walk(target)
    back = trip.sign_in()
    assert back["own"] == "yes"
    session = worked(trip.exchange(back["code"]))
    assert session["user"]["email"] == trip.hint
    assert session["provider_token"]
    later = worked(target.refresh(session["refresh_token"]))
    assert not {"provider_token", "provider_refresh_token"} & set(later)


@needs("oauth")
def test_the_same_person_comes_back_to_the_same_account(target: Target) -> None:
    first, second = walk(target), walk(target)
    second.hint = first.hint
    ids = {worked(trip.exchange(trip.sign_in()["code"]))["user"]["id"] for trip in (first, second)}
    assert len(ids) == 1


@needs("oauth")
def test_a_code_is_good_for_one_exchange(target: Target) -> None:
    trip = walk(target)
    code = trip.sign_in()["code"]
    worked(trip.exchange(code))
    refused(trip.exchange(code), 404, "flow_state_not_found")


@needs("oauth")
def test_a_wrong_verifier_is_refused_and_spends_nothing(target: Target) -> None:
    trip = walk(target)
    code = trip.sign_in()["code"]
    refused(trip.exchange(code, secrets.token_urlsafe(48)), 400, "bad_code_verifier")
    worked(trip.exchange(code))


@needs("oauth", "ageing")
def test_a_code_that_comes_too_late_has_expired(target: Target) -> None:
    first = walk(target)
    person = Person(first.hint, worked(first.exchange(first.sign_in()["code"])))
    second = Walk(target, first.hint)
    code = second.sign_in()["code"]
    target.age(person, OLD)
    refused(second.exchange(code), 422, "flow_state_expired")


@needs("denying")
def test_a_no_at_the_provider_is_told_without_a_code(target: Target) -> None:
    back = walk(target).sign_in()
    assert (back["error"], back["own"]) == ("access_denied", "yes")
    assert not {"error_code", "code"} & set(back)


@needs("unverified")
def test_an_address_that_the_provider_has_not_verified_lets_nobody_in(target: Target) -> None:
    back = walk(target).sign_in()
    assert (back["error"], back["error_code"]) == ("server_error", "provider_email_needs_verification")
    assert "code" not in back


def test_half_an_exchange_is_refused(target: Target) -> None:
    for body in ({"auth_code": UNKNOWN}, {"code_verifier": secrets.token_urlsafe(48)}):
        refused(target.post("/token", body, params={"grant_type": "pkce"}), 400, "validation_failed")


def test_a_code_of_nobody_is_not_found(target: Target) -> None:
    refused(Walk(target, "").exchange(UNKNOWN), 404, "flow_state_not_found")


def test_a_provider_that_is_off_is_told_before_any_browser_opens(target: Target) -> None:
    answer = target.get("/authorize", params=walk(target).asked(provider="nobody"))
    refused(answer, 400, "validation_failed")


@needs("oauth")
def test_a_challenge_that_is_none_is_told_before_any_browser_opens(target: Target) -> None:
    for wrong in ({"code_challenge": "short"}, {"code_challenge_method": ""}, {"code_challenge": ""}):
        refused(target.get("/authorize", params=walk(target).asked(**wrong)), 400, "validation_failed")


@needs("oauth")
def test_without_a_challenge_the_session_itself_goes_by_the_browser(target: Target) -> None:
    trip = walk(target)
    asked = trip.asked(code_challenge="", code_challenge_method="")
    url = f"{target.url}/authorize?{urlencode(asked)}"
    while not url.startswith(BACK):
        url = browse(url)
    told = parse_qs(urlsplit(url).fragment)
    assert "code" not in parse_qs(urlsplit(url).query)
    assert worked(target.get("/user", by=told["access_token"][0]))["email"] == trip.hint
    worked(target.refresh(told["refresh_token"][0]))


@needs("no-linking")
def test_linking_is_not_found_where_it_is_switched_off(target: Target) -> None:
    asked = walk(target).asked(skip_http_redirect="true")
    answer = target.get("/user/identities/authorize", by=target.somebody().session, params=asked)
    refused(answer, 404, "manual_linking_disabled")


@needs("oauth", "linking")
def test_linking_gives_a_new_session_and_leaves_the_old_one(target: Target) -> None:
    person, trip = target.somebody(), walk(target)
    session = worked(trip.exchange(trip.link(person.session)["code"]))
    assert session["user"]["id"] == person.id
    assert claims(session)["session_id"] != claims(person.session)["session_id"]
    assert {each["provider"] for each in session["user"]["identities"]} == {"email", "github"}
    worked(target.refresh(person.refresh_token))


@needs("oauth", "linking")
def test_what_is_linked_already_is_told_at_the_end_of_the_walk(target: Target) -> None:
    trip = walk(target)
    worked(trip.exchange(trip.sign_in()["code"]))
    back = Walk(target, trip.hint).link(target.somebody().session)
    assert back["error_code"] == "identity_already_exists"
    assert back["error"] == "server_error"
    assert "code" not in back


@needs("linking")
def test_linking_takes_somebody_who_is_signed_in(target: Target) -> None:
    answer = target.get("/user/identities/authorize", params=walk(target).asked())
    refused(answer, 401, "no_authorization")


@needs("linking")
def test_the_only_way_in_cannot_be_unlinked(target: Target) -> None:
    person = target.somebody()
    [identity] = worked(target.get("/user", by=person.session))["identities"]
    answer = target.delete(f"/user/identities/{identity['identity_id']}", by=person.session)
    refused(answer, 422, "single_identity_not_deletable")


@needs("oauth", "linking")
def test_a_second_way_in_is_unlinked_by_our_id_of_it(target: Target) -> None:
    person, trip = target.somebody(), walk(target)
    session = worked(trip.exchange(trip.link(person.session)["code"]))
    refused(target.delete(f"/user/identities/{UNKNOWN}", by=session), 422, "identity_not_found")
    [linked] = [each for each in session["user"]["identities"] if each["provider"] == "github"]
    worked(target.delete(f"/user/identities/{linked['identity_id']}", by=session))
    left = worked(target.get("/user", by=session))["identities"]
    assert [each["provider"] for each in left] == ["email"]
    worked(target.sign_in(person.email))
