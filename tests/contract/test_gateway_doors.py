"""The gateway's other doors at every target: the browser, a token from elsewhere, and what a person changes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from desktopauth.core.errors import ErrorKind
from desktopauth.core.models import Exchanged, User, UserChange
from desktopauth.core.pkce import Proof
from desktopauth.core.redirect import Denied, Failed, Granted, Redirected, read_redirect
from tests.contract.gate import Gate, Use, gate
from tests.contract.target import OTHER_PASSWORD, PASSWORD, Person, Target, browse, needs, worked

DAY = 86_400.0  # seconds
OLD = 301.0  # seconds: longer than a sign-in may take
UNKNOWN = "11111111-0000-4000-8000-00000000c0de"


@dataclass
class Trip:
    """A way through the browser and back, with what the core brings along."""

    server: Gate
    hint: str
    proof: Proof = field(default_factory=Proof.new)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def begin(self, provider: str = "github") -> str:
        back = f"http://127.0.0.1:1/secret?state={self.state}"  # nobody listens there, and nobody goes there
        return self.server.ask(
            lambda g: g.authorize(
                provider,
                redirect_to=back,
                challenge=self.proof.challenge,
                scopes="read:user",
                options={"login_hint": self.hint},
            )
        )

    def end(self) -> Redirected:
        url = self.begin()
        while not url.startswith("http://127.0.0.1:1/"):
            url = browse(url)
        found = read_redirect(urlsplit(url).query, self.state)
        assert found
        return found

    def code(self) -> str:
        found = self.end()
        assert isinstance(found, Granted)
        return found.code

    def exchange(self, code: str) -> Exchanged:
        return self.server.ask(lambda g: g.exchange(code, self.proof.verifier))


def changing(token: str, change: UserChange) -> Use[User]:
    return lambda server: server.update_user(token, change)


@needs("oauth")
def test_the_gateway_goes_through_the_browser_and_brings_the_providers_tokens(target: Target) -> None:
    with gate(target) as server:
        trip = Trip(server, target.stranger())
        found = trip.exchange(trip.code())
        assert found.session.user.email == trip.hint
        assert found.tokens
        assert found.tokens.access_token
        assert server.ask(lambda g: g.refresh(found.session.refresh_token)).user.id == found.session.user.id


@needs("oauth")
def test_the_gateway_redeems_a_browsers_code_once_and_by_its_own_verifier(target: Target) -> None:
    with gate(target) as server:
        trip = Trip(server, target.stranger())
        code = trip.code()
        server.refusal(lambda g: g.exchange(code, Proof.new().verifier), ErrorKind.BROWSER_STALE)
        trip.exchange(code)
        server.refusal(lambda g: g.exchange(code, trip.proof.verifier), ErrorKind.BROWSER_STALE)


@needs("oauth", "ageing")
def test_the_gateway_tells_a_browser_that_came_back_too_late(target: Target) -> None:
    with gate(target) as server:
        first = Trip(server, target.stranger())
        found = first.exchange(first.code())
        second = Trip(server, first.hint)
        code = second.code()
        target.age(Person(first.hint, {"user": {"id": found.session.user.id}}), OLD)
        server.refusal(lambda g: g.exchange(code, second.proof.verifier), ErrorKind.BROWSER_STALE)


@needs("denying")
def test_the_gateways_way_round_tells_a_no_at_the_provider(target: Target) -> None:
    with gate(target) as server:
        assert Trip(server, target.stranger()).end() == Denied()


@needs("unverified")
def test_the_gateways_way_round_tells_an_address_that_was_not_verified(target: Target) -> None:
    with gate(target) as server:
        found = Trip(server, target.stranger()).end()
    assert isinstance(found, Failed)
    assert found.problem.kind is ErrorKind.PROVIDER_UNVERIFIED


def test_the_gateway_tells_a_code_of_nobody(target: Target) -> None:
    with gate(target) as server:
        server.refusal(lambda g: g.exchange(UNKNOWN, Proof.new().verifier), ErrorKind.BROWSER_STALE)


def test_the_gateway_tells_a_provider_that_is_off_before_any_browser_opens(target: Target) -> None:
    with gate(target) as server:
        ask = {"redirect_to": "http://127.0.0.1:1/x", "challenge": Proof.new().challenge, "scopes": ""}
        server.refusal(lambda g: g.authorize("nobody", **ask, options={}), ErrorKind.PROVIDER_OFF)


def test_the_gateway_tells_what_a_project_offers(target: Target) -> None:
    told = worked(target.get("/settings"))
    with gate(target) as server:
        found = server.ask(lambda g: g.project())
    assert set(found.providers) <= {name for name, on in told["external"].items() if on}
    assert not {"email", "phone", "anonymous_users"} & set(found.providers)
    assert (found.email, found.sign_up) == (told["external"]["email"], not told["disable_signup"])


@needs("oauth")
def test_the_gateway_tells_the_providers_that_are_on(target: Target) -> None:
    with gate(target) as server:
        assert "github" in server.ask(lambda g: g.project()).providers


@needs("id-token")
def test_the_gateway_signs_in_by_a_token_from_elsewhere(target: Target) -> None:
    email, nonce = target.stranger(), secrets.token_urlsafe(16)
    token = target.id_token(email, nonce=hashlib.sha256(nonce.encode()).hexdigest())
    with gate(target) as server:
        session = server.ask(lambda g: g.sign_in_with_id_token("google", token, nonce=nonce))
        assert session.user.email == email
        server.refusal(lambda g: g.sign_in_with_id_token("google", token), ErrorKind.REFUSED)


def test_the_gateway_tells_a_token_of_a_provider_that_is_off(target: Target) -> None:
    with gate(target) as server:
        server.refusal(lambda g: g.sign_in_with_id_token("apple", "not.a.token"), ErrorKind.PROVIDER_OFF)


def test_the_gateway_changes_what_a_person_says_of_themselves(target: Target) -> None:
    person = target.somebody()
    token = person.session["access_token"]
    with gate(target) as server:
        server.ask(lambda g: g.update_user(token, UserChange(facts={"name": "Ada", "city": "London"})))
        user = server.ask(lambda g: g.update_user(token, UserChange(facts={"city": "Turin"})))
    assert {name: user.facts["user_metadata"][name] for name in ("name", "city")} == {"name": "Ada", "city": "Turin"}


def test_the_gateway_tells_why_a_change_was_refused(target: Target) -> None:
    person, other = target.somebody(), target.somebody()
    for change, kind in (
        (UserChange(password=PASSWORD), ErrorKind.SAME_PASSWORD),
        (UserChange(password="a1"), ErrorKind.WEAK_PASSWORD),
        (UserChange(email="nobody"), ErrorKind.INVALID_EMAIL),
        (UserChange(email=other.email), ErrorKind.USER_EXISTS),
    ):
        with gate(target) as server:
            server.refusal(changing(person.session["access_token"], change), kind)


@needs("current-password")
def test_the_gateway_sets_a_password_beside_the_one_so_far(target: Target) -> None:
    token = worked(target.sign_in(target.somebody().email))["access_token"]
    with gate(target) as server:
        for so_far, kind in ((None, ErrorKind.CURRENT_PASSWORD_WANTED), ("not it", ErrorKind.CURRENT_PASSWORD_WRONG)):
            change = UserChange(password=OTHER_PASSWORD, current_password=so_far)
            server.refusal(changing(token, change), kind)
        change = UserChange(password=OTHER_PASSWORD, current_password=PASSWORD)
        server.ask(lambda g: g.update_user(token, change))


@needs("reauthentication", "ageing", "mail")
def test_the_gateway_sets_a_password_by_a_code_that_proves_the_person(target: Target) -> None:
    person = target.somebody()
    target.age(person, 2 * DAY)
    before = len(target.mails(person.email))
    token = worked(target.refresh(person.refresh_token))["access_token"]
    with gate(target) as server:
        bare = UserChange(password=OTHER_PASSWORD)
        server.refusal(lambda g: g.update_user(token, bare), ErrorKind.REAUTHENTICATION_WANTED)
        server.ask(lambda g: g.reauthenticate(token))
        nonce = target.code(person.email, before + 1)
        false = UserChange(password=OTHER_PASSWORD, nonce="111111" if nonce == "000000" else "000000")
        server.refusal(lambda g: g.update_user(token, false), ErrorKind.CODE_REFUSED)
        server.ask(lambda g: g.update_user(token, UserChange(password=OTHER_PASSWORD, nonce=nonce)))
        assert server.ask(lambda g: g.sign_in(person.email, OTHER_PASSWORD)).user.id == person.id
